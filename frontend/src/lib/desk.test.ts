import { describe, expect, it } from 'vitest'

import { transformStreamMessage } from '@/api/transform'
import type { StreamMessage } from '@/api/types'
import type { RawStreamMessage } from '@/api/wire'
import {
  aClose,
  aPosition,
  aRawClose,
  aRawMetrics,
  aRawPosition,
  aRawSnapshot,
  aRawStatus,
  aRawWalk,
  NOW,
} from '@/testing/builders'

import { applyMessage, EMPTY_DESK, runningCloses, withClose, type Desk } from './desk'

const message = (raw: RawStreamMessage): StreamMessage => transformStreamMessage(raw)
const snapshot = (changes = {}): StreamMessage => message(aRawSnapshot(changes))

function quotes(seq: number, id = 'spy-condor'): StreamMessage {
  return message({
    type: 'quotes',
    seq,
    at: NOW,
    walks: [],
    positions: [
      {
        id,
        spot_price: '550.00',
        spot_at: NOW,
        total_pnl: '601.00',
        worth: { ...aRawMetrics().worth, pnl_open: '601.00' },
        legs: [
          {
            id: 'leg-520p',
            bid: '1.20',
            ask: null,
            current_price: null,
            pnl_dollars: null,
            pnl_percent: null,
            quote_at: NOW,
          },
        ],
      },
    ],
  })
}

function outlooks(seq: number, id = 'spy-condor'): StreamMessage {
  const { risk, outlook } = aRawMetrics()
  const position = { id, risk, outlook: outlook && { ...outlook, expected_move: 25 } }
  return message({ type: 'outlooks', seq, at: NOW, positions: [position] })
}

function afterSnapshot(changes = {}): Desk {
  return applyMessage(EMPTY_DESK, snapshot(changes))[0]
}

describe('the stream', () => {
  it('starts from a snapshot', () => {
    const desk = afterSnapshot()

    expect([desk.epoch, desk.seq]).toEqual(['run-1', 7])
    expect(desk.positions.map(({ ticker }) => ticker)).toEqual(['SPY'])
    expect(desk.status?.mode).toBe('SIMULATED')
  })

  it('moves what a position is worth with its quotes, and what it may come to by itself', () => {
    const before = afterSnapshot()
    const [quoted] = applyMessage(before, quotes(8))
    const [after] = applyMessage(quoted, outlooks(9))

    expect(quoted.positions[0]?.metrics.worth.pnlOpen).toBe('601.00')
    expect(quoted.positions[0]?.metrics.outlook?.expectedMove).toBe(26.91)
    expect(after.positions[0]?.metrics.worth.pnlOpen).toBe('601.00')
    expect(after.positions[0]?.metrics.outlook?.expectedMove).toBe(25)
    expect(after.positions[0]?.metrics.nextEvent).toEqual(before.positions[0]?.metrics.nextEvent)
  })

  it('moves a running walk with the market, and leaves other closes alone', () => {
    const before = afterSnapshot({ closes: [aRawClose({ walk: aRawWalk() }), aRawClose({ id: 'other' })] })
    const moved = { close_id: 'close-1', walk: aRawWalk({ mid: '1.33' }) }
    const [after] = applyMessage(
      before,
      message({ type: 'quotes', seq: 8, at: NOW, positions: [], walks: [moved] }),
    )

    expect(after.closes[0]?.walk?.mid).toBe('1.33')
    expect(after.closes[1]).toBe(before.closes[1])
  })

  it('leaves positions alone whose outlook did not change', () => {
    const before = afterSnapshot()
    const [after] = applyMessage(before, outlooks(8, 'another'))

    expect(after.positions[0]).toBe(before.positions[0])
  })

  it('applies the next delta to the legs it names and leaves the others alone', () => {
    const before = afterSnapshot()
    const [after, verdict] = applyMessage(before, quotes(8))

    expect(verdict).toBe('applied')
    expect(after.seq).toBe(8)
    expect(after.positions[0]?.totalPnl).toBe('601.00')
    expect(after.positions[0]?.legs[1]).toMatchObject({ bid: '1.20', ask: null, strike: '520.000' })
    expect(after.positions[0]?.legs[0]?.bid).toBe('1.28')
  })

  it('keeps the identity of positions that did not move', () => {
    const before = afterSnapshot({ positions: [aRawPosition(), aRawPosition({ id: 'qqq' })] })
    const [after] = applyMessage(before, quotes(8))

    expect(after.positions[1]).toBe(before.positions[1])
    expect(after.positions[0]).not.toBe(before.positions[0])
  })

  it('ignores quotes of a position it does not know', () => {
    const before = afterSnapshot()

    expect(applyMessage(before, quotes(8, 'gone'))[0].positions).toEqual(before.positions)
  })

  it('changes nothing on a repeated delta', () => {
    const before = afterSnapshot()

    expect(applyMessage(before, quotes(7))).toEqual([before, 'repeated'])
  })

  it('changes nothing after a gap and says so', () => {
    const before = afterSnapshot()

    expect(applyMessage(before, quotes(9))).toEqual([before, 'gap'])
  })

  it('trusts no delta before the first snapshot', () => {
    expect(applyMessage(EMPTY_DESK, quotes(1))).toEqual([EMPTY_DESK, 'gap'])
  })

  it('starts anew when the server did, although its numbers are lower', () => {
    const [after] = applyMessage(afterSnapshot(), snapshot({ epoch: 'run-2', seq: 1, positions: [] }))

    expect([after.epoch, after.seq, after.positions]).toEqual(['run-2', 1, []])
  })

  it('replaces positions, closes and status as they are told', () => {
    let desk = afterSnapshot()
    for (const raw of [
      { type: 'positions', seq: 8, at: NOW, positions: [], unassigned: [] },
      { type: 'close', seq: 9, at: NOW, close: aRawClose() },
      { type: 'status', seq: 10, at: NOW, status: aRawStatus({ mode: 'LIVE' }) },
    ] satisfies RawStreamMessage[]) {
      desk = applyMessage(desk, message(raw))[0]
    }

    expect(desk.positions).toEqual([])
    expect(desk.closes.map(({ id }) => id)).toEqual(['close-1'])
    expect(desk.status?.mode).toBe('LIVE')
  })

  it('tells of a close what is so now, also after the server’s clock was set back', () => {
    let desk = afterSnapshot()
    for (const [seq, phase, updated_at] of [
      [8, 'working', '2026-11-23T15:00:02Z'],
      [9, 'closed', '2026-11-23T15:00:01Z'],
    ] as const) {
      const raw = { type: 'close', seq, at: NOW, close: aRawClose({ phase, updated_at }) } as const
      desk = applyMessage(desk, message(raw))[0]
    }

    expect(desk.closes.map(({ phase }) => phase)).toEqual(['closed'])
  })
})

describe('closes', () => {
  it('are not set back by an older telling', () => {
    const newer = aClose({ phase: 'closed', updated_at: '2026-11-23T15:00:02Z' })
    const older = aClose({ phase: 'working', updated_at: '2026-11-23T15:00:01.900Z' })

    expect(withClose([newer], older)).toEqual([newer])
  })

  it('are listed newest first', () => {
    const first = aClose({ id: 'a', opened_at: '2026-11-23T14:00:00Z' })
    const second = aClose({ id: 'b', opened_at: '2026-11-23T15:00:00Z' })

    expect(withClose([second], first).map(({ id }) => id)).toEqual(['b', 'a'])
  })

  it('run on a strategy while they have not ended, also when its id has changed', () => {
    const position = aPosition({ id: 'smaller-condor', close_id: 'close-1' })
    const own = aClose()
    const ended = aClose({ id: 'close-0', phase: 'cancelled', position_id: 'smaller-condor' })
    const other = aClose({ id: 'close-2', position_id: 'qqq' })

    expect(runningCloses([own, ended, other], position)).toEqual([own])
  })
})
