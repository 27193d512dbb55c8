import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { RawPosition } from '@/api/wire'
import DeskPage from '@/pages/DeskPage.vue'
import { useClosingStore } from '@/stores/closing'
import { useDeskStore } from '@/stores/desk'
import { aClose, aLaterPosition, aRawEdit, aRawPosition, aRawSnapshot, NOW } from '@/testing/builders'
import { byTestId, notices } from '@/testing/dom'
import { aServer, json, problem, type FakeServer } from '@/testing/server'
import { FakeSocket, stubSockets } from '@/testing/socket'

const ORPHAN: Partial<RawPosition> = {
  orphan: {
    reason: 'Assigned: 10 SPY261218P00530000. This is what is left.',
    is_left: false,
    repairs: [
      { kind: 'close', position_id: null, text: 'Close it.' },
      { kind: 'attach', position_id: 'pos_1a7e', text: 'Attach it to Iron Condor.' },
      { kind: 'leave', position_id: null, text: 'Leave it as it is.' },
    ],
  },
  events: [
    {
      at: '2026-11-20T21:00:00Z',
      kind: 'assigned',
      text: 'Assigned: 10 SPY261218P00530000.',
      order_id: 'act-1',
    },
    {
      at: '2026-11-22T21:00:00Z',
      kind: 'traded_elsewhere',
      text: 'Closed elsewhere: 1 SPY261218C00580000 bought back at 0.35.',
      order_id: 'ord-1',
    },
    { at: '2026-10-02T20:00:00Z', kind: 'expired', text: 'Expired: 2 SPY.', order_id: 'act-0' },
  ],
}

let server: FakeServer
let page: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW), toFake: ['Date'] })
  server = aServer()
  stubSockets()
})

afterEach(() => {
  vi.useRealTimers()
})

/** Of the condor with these changes; another SPY strategy stands beside it. */
async function show(changes: Partial<RawPosition>, others: RawPosition[] = []): Promise<void> {
  page = mount(DeskPage, { attachTo: document.body })
  useDeskStore().start()
  FakeSocket.last.say(
    aRawSnapshot({ positions: [aRawPosition(changes), aLaterPosition(), ...others] }),
  )
  await flushPromises()
}

const card = (): ReturnType<VueWrapper['find']> => page.find('[data-position-id="spy-condor"]')
const note = (): ReturnType<VueWrapper['find']> => card().find('[data-testid="leftover"]')
const repairs = (): string[] => note().findAll('[data-repair]').map((button) => button.text())

async function repair(kind: string): Promise<void> {
  await note().find(`[data-repair="${kind}"]`).trigger('click')
  await flushPromises()
}

describe('an orphan', () => {
  it('is unmistakable, says why in plain words and offers its repairs', async () => {
    await show(ORPHAN)

    expect(card().classes()).toContain('card--orphan')
    expect(card().find('header').text()).toContain('Orphan')
    expect(note().text()).toContain('Assigned: 10 × SPY 530 Put 18 Dec 2026. This is what is left.')
    expect(repairs()).toEqual([
      'Close it…',
      'Attach it to SPY Iron Condor 15 Jan 2027',
      'Leave it as it is',
    ])
  })

  it('is closed through the usual confirmation', async () => {
    await show(ORPHAN)
    await repair('close')

    expect(useClosingStore().target).toMatchObject({ position: { id: 'spy-condor' }, leg: null })
    expect(server.orders()).toEqual([])
  })

  it('is attached to the other one, which keeps its name', async () => {
    server.on('POST /api/positions/merge', () => json(aRawEdit('Merged', [aLaterPosition()])))
    await show(ORPHAN)
    await repair('attach')

    expect(server.asked.at(-1)?.body).toEqual({
      position_ids: ['pos_1a7e', 'spy-condor'],
      name: null,
    })
  })

  it('is left where the user says so, and stays an orphan until the stream says more', async () => {
    server.on('POST /api/positions/spy-condor/leave', () => json(aRawEdit('Left', [aRawPosition()])))
    await show(ORPHAN)
    await repair('leave')

    expect(server.asked.at(-1)?.path).toBe('/api/positions/spy-condor/leave')
    expect(repairs()).toContain('Leave it as it is')
  })

  it('that is left is told quietly, without asking again', async () => {
    const [close, attach] = ORPHAN.orphan?.repairs ?? []
    await show({
      orphan: { reason: 'Gone.', is_left: true, repairs: close && attach ? [close, attach] : [] },
    })

    expect(note().classes()).toContain('note--info')
    expect(card().classes()).not.toContain('card--orphan')
    expect(repairs()).toEqual(['Close it…', 'Attach it to SPY Iron Condor 15 Jan 2027'])
  })

  it('says why a repair was refused', async () => {
    server.on('POST /api/positions/spy-condor/leave', () =>
      problem(422, 'not_an_orphan', 'SPY Iron Condor is not an orphan.'),
    )
    await show(ORPHAN)
    await repair('leave')

    expect((await notices()).at(-1)).toContain('SPY Iron Condor is not an orphan.')
  })

  it('offers the likeliest, and the others from a list', async () => {
    const others = ['pos_a1', 'pos_a2', 'pos_a3'].map((id) => aLaterPosition({ id }))
    const attach = others.map(({ id }) => ({ kind: 'attach' as const, position_id: id, text: '' }))
    await show({ orphan: { reason: 'Gone.', is_left: false, repairs: attach } }, others)
    expect(note().findAll('[data-repair="attach"]')).toHaveLength(2)
    await repair('choose')

    expect(byTestId(page, 'regroup-dialog').findAll('[data-choice]')).toHaveLength(4)
  })

  it('is not repaired while it is being closed', async () => {
    await show(ORPHAN)
    useDeskStore().putClose(aClose())
    await flushPromises()

    expect(note().findAll('[data-repair]:not([disabled])')).toEqual([])
  })
})

describe('contracts that are missing', () => {
  const missing = {
    missing: [{ symbol: 'SPY261218P00520000', quantity: -3 }],
    events: [
      {
        at: NOW,
        kind: 'gone' as const,
        text: '3 SPY261218P00520000 are gone from the account, and nothing says why yet.',
        order_id: '',
      },
    ],
  }

  it('are told with a way out also when what is left is whole', async () => {
    await show(missing)

    expect(card().find('header').text()).toContain('Contracts missing')
    expect(note().text()).toContain('3 × SPY 520 Put 18 Dec 2026 are gone from the account')
    expect(repairs()).toEqual(['Close what is left…'])
    expect(card().find('[data-testid="outside-events"]').exists()).toBe(false)
  })
})

describe('what came from outside', () => {
  it('is told for a week, newest first, and once', async () => {
    await show(ORPHAN)
    const told = card().findAll('[data-testid="outside-events"] li').map((each) => each.text())

    expect(told).toEqual([
      expect.stringMatching(/22 Nov 2026.*1 × SPY 580 Call 18 Dec 2026 bought back at 0\.35/s),
    ])
  })
})

describe('a shared contract', () => {
  it('names the other strategy, and says that only the net trades', async () => {
    await show({
      netted_with: [
        {
          symbol: 'SPY261218P00520000',
          contracts: 4,
          position_ids: ['pos_1a7e'],
          message: '4 of 10 SPY261218P00520000 are short here and long in pos_1a7e.',
        },
      ],
    })

    expect(card().find('header').text()).toContain('Shared contract')
    expect(card().find('[data-testid="netted"]').text()).toMatch(
      /only the net can trade.*10 × SPY 520 Put 18 Dec 2026 are short here and long in SPY Iron Condor 15 Jan 2027/s,
    )
  })
})
