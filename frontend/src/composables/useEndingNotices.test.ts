import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'

import { useDeskStore } from '@/stores/desk'
import { useNoticesStore } from '@/stores/notices'
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

  it('are told anew when a close that had ended ends otherwise', async () => {
    const desk = useDeskStore()
    desk.putClose(aClose({ phase: 'closed', message: 'Closed: every contract filled.' }))
    await flushPromises()
    desk.putClose(aClose({ phase: 'needs_attention', message: 'A trade was taken back.' }))

    await vi.waitFor(async () => {
      expect((await notices()).map((text) => text.slice(0, 15))).toEqual(['Needs attention'])
    })
  })

  it('take the place of what was said before about the same close, and of nothing else', async () => {
    const notice = useNoticesStore()
    notice.tell({ tone: 'info', title: 'Submitted', message: '', sticky: false }, 'close-1')
    notice.tell({ tone: 'info', title: 'Another', message: '', sticky: false }, 'close-2')
    useDeskStore().putClose(aClose({ phase: 'cancelled', message: 'Cancelled as you asked.' }))

    await vi.waitFor(async () => {
      expect((await notices()).map((text) => text.slice(0, 9))).toEqual(['Another', 'Cancelled'])
    })
  })

  it('are told for a close that was started in another tab and ended at once', async () => {
    useDeskStore().putClose(aClose({ phase: 'rejected', message: 'Alpaca refused the order.' }))

    expect(await notices()).toEqual(['Rejected: SPY Iron Condor 18 Dec 2026Alpaca refused the order.'])
  })
})
