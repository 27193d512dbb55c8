import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'

import { useDeskStore } from '@/stores/desk'
import { aClose, aRawClose, aRawHistory, aRawReport, aRawTotals } from '@/testing/builders'
import { allByTestId, byTestId, wordsOf } from '@/testing/dom'
import { aServer, json, problem, type FakeServer } from '@/testing/server'

import HistoryPage from './HistoryPage.vue'

const past = (id: string): ReturnType<typeof aRawClose> =>
  aRawClose({ id, phase: 'closed', report: aRawReport() })

describe('the history', () => {
  let server: FakeServer
  let page: VueWrapper

  beforeEach(() => {
    server = aServer()
  })

  async function open(history = aRawHistory({ closes: [past('one')] })): Promise<void> {
    server.on('GET /api/history', () => json(history))
    page = mount(HistoryPage)
    await flushPromises()
  }

  const ids = (): (string | undefined)[] =>
    allByTestId(page, 'past-close').map((close) => close.attributes('data-close-id'))

  it('tells each close with its report', async () => {
    await open()
    const close = wordsOf(byTestId(page, 'past-close'))

    expect(close).toContain('SPY Iron Condor 18 Dec 2026 Closed +$550.00')
    expect(close).toContain('Of the half-spread 33.3%')
    expect(close).toContain('At the decision 1¢ worse, $10.00 2¢ better, $20.00')
    expect(close).toContain('Time to flat 0:23')
    expect(close).toContain('quotes indicative')
  })

  it('adds them up, all first and then by how they were priced', async () => {
    await open(
      aRawHistory({
        closes: [past('one')],
        by_terms: [aRawTotals({ terms: 'normal', closes: 3, closed: 2, pnl_unknown: 1 })],
      }),
    )
    const rows = byTestId(page, 'totals').findAll('tbody tr').map(wordsOf)

    expect(rows[0]).toMatch(/^All 1 of 1 \+\$550\.00 \$1\.68/)
    expect(rows[1]).toMatch(/^Normal 2 of 3 \+\$550\.00 without 1 unknown/)
  })

  it('goes on to older ones where it stopped', async () => {
    await open(aRawHistory({ closes: [past('two')], next_before: 'two' }))
    server.on('GET /api/history', () => json(aRawHistory({ closes: [past('one')] })))
    await byTestId(page, 'more').trigger('click')
    await flushPromises()

    expect(ids()).toEqual(['two', 'one'])
    expect(server.asked.at(-1)?.search).toBe('?before=two')
    expect(byTestId(page, 'more').exists()).toBe(false)
  })

  it('is read anew when a close ends', async () => {
    await open()
    server.on('GET /api/history', () => json(aRawHistory({ closes: [past('two'), past('one')] })))
    useDeskStore().putClose(aClose({ id: 'two', phase: 'closed' }))
    await flushPromises()

    expect(ids()).toEqual(['two', 'one'])
  })

  it('does not take an unread history for an empty one', async () => {
    server.on('GET /api/history', () => problem(503, 'journal', 'The journal does not answer.'))
    page = mount(HistoryPage)
    await flushPromises()

    expect(byTestId(page, 'history-error').text()).toContain('The journal does not answer.')
    expect(page.text()).not.toContain('Nothing has been closed yet')
  })

  it('says that nothing has been closed yet', async () => {
    await open(aRawHistory({ closes: [] }))

    expect(page.text()).toContain('Nothing has been closed yet')
  })
})
