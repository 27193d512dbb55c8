import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'

import { useDeskStore } from '@/stores/desk'
import { aClose, aRawClose } from '@/testing/builders'
import { notices } from '@/testing/dom'
import { aServer, json } from '@/testing/server'

import { useEndingNotices } from './useEndingNotices'

describe('endings', () => {
  beforeEach(async () => {
    aServer().on('GET /api/closes', () =>
      json({ closes: [aRawClose({ id: 'old', phase: 'closed' })], total_count: 1 }),
    )
    mount(defineComponent({ setup: useEndingNotices, template: '<i />' }))
    await useDeskStore().refresh()
  })

  it('from before the page was opened are no news', async () => {
    expect(await notices()).toEqual([])
  })

  it('are told once, with the server’s own sentence', async () => {
    const desk = useDeskStore()
    desk.putClose(aClose())
    desk.putClose(aClose({ phase: 'closed', message: 'Closed: every contract filled.' }))
    await flushPromises()
    desk.putClose(aClose({ phase: 'closed', message: 'Closed: every contract filled.' }))

    expect(await notices()).toEqual(['Closed: SPY Iron Condor 18 Dec 2026Closed: every contract filled.'])
  })

  it('are told for a close that was started in another tab and ended at once', async () => {
    useDeskStore().putClose(aClose({ phase: 'rejected', message: 'Alpaca refused the order.' }))

    expect(await notices()).toEqual(['Rejected: SPY Iron Condor 18 Dec 2026Alpaca refused the order.'])
  })
})
