import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'

import type { RawPositionHistory } from '@/api/wire'
import { aPosition } from '@/testing/builders'
import { allByTestId, byTestId, wordsOf } from '@/testing/dom'
import { aServer, json, problem, type FakeServer } from '@/testing/server'

import PositionHistory from './PositionHistory.vue'

const ROUTE = 'GET /api/positions/spy-condor/history'
type RawDeed = RawPositionHistory['deeds'][number]

const aDeed = (changes: Partial<RawDeed>): RawDeed => ({
  at: '2026-11-11T15:00:00Z',
  deed: 'opened',
  order_id: 'ord-1',
  changes: [],
  pnl_realised: '0.00',
  position_ids: [],
  ...changes,
})

let server: FakeServer
let dialog: VueWrapper

beforeEach(() => {
  server = aServer()
})

async function show(deeds: RawDeed[], pnl_realised: string | null = '0.00'): Promise<void> {
  server.on(ROUTE, () => json({ position_id: 'spy-condor', deeds, pnl_realised }))
  await open()
}

async function open(): Promise<void> {
  const position = aPosition({
    events: [{ at: null, kind: 'traded_elsewhere', text: 'Closed elsewhere.', order_id: 'ord-3' }],
  })
  dialog = mount(PositionHistory, { props: { position }, attachTo: document.body })
  await flushPromises()
}

const deeds = (): string[] => allByTestId(dialog, 'deed').map(wordsOf)

describe('the history of a strategy', () => {
  it('tells trades with their prices and results, newest first', async () => {
    await show(
      [
        aDeed({ changes: [{ symbol: 'SPY261218P00520000', quantity: -10, price: '2.05' }] }),
        aDeed({
          deed: 'reduced',
          order_id: 'ord-2',
          changes: [{ symbol: 'SPY261218P00520000', quantity: 4, price: '1.2' }],
          pnl_realised: '340.00',
        }),
      ],
      '340.00',
    )

    expect(deeds()).toEqual([
      expect.stringMatching(
        /^Closed in part realised \+\$340\.00.*Bought 4 × SPY 520 Put 18 Dec 2026 at 1\.20$/,
      ),
      expect.stringMatching(/^Opened Nov.*Sold 10 × SPY 520 Put 18 Dec 2026 at 2\.05$/),
    ])
    expect(byTestId(dialog, 'realised').text()).toBe('+$340.00')
  })

  it('tells what was done elsewhere as that, and edits and assignments without a trade', async () => {
    await show([
      aDeed({ deed: 'reduced', order_id: 'ord-3' }),
      aDeed({
        deed: 'assigned',
        at: '2026-11-20T21:00:00Z',
        changes: [{ symbol: 'SPY261218P00520000', quantity: 2, price: null }],
        pnl_realised: null,
      }),
      aDeed({ deed: 'regrouped', at: null, order_id: '', position_ids: ['pos_gone'] }),
    ])

    expect(deeds()).toEqual([
      'Regrouped day unknown With one that is gone',
      'Assigned realised — 20 Nov 2026 + 2 × SPY 520 Put 18 Dec 2026',
      expect.stringMatching(/^Closed elsewhere /),
    ])
  })

  it('says that nothing is known rather than nothing happened', async () => {
    await show([])

    expect(dialog.text()).toContain('nothing is known of its past')
  })

  it('says why it could not be read', async () => {
    server.on(ROUTE, () => problem(404, 'unknown_position', 'There is no such position now.'))
    await open()

    expect(dialog.find('[role="alert"]').text()).toContain('There is no such position now.')
  })
})
