import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { RawSnapshotMessage } from '@/api/wire'
import App from '@/App.vue'
import { aRawClose, aRawPosition, aRawSnapshot, aRawStatus, NOW } from '@/testing/builders'
import { allByTestId, byTestId, notices } from '@/testing/dom'
import { aServer, json, type FakeServer } from '@/testing/server'
import { FakeSocket, stubSockets } from '@/testing/socket'

describe('the page', () => {
  let server: FakeServer
  let page: VueWrapper

  beforeEach(() => {
    server = aServer()
    stubSockets()
  })

  function open(): void {
    page = mount(App, { attachTo: document.body })
  }

  async function say(changes: Partial<RawSnapshotMessage> = {}): Promise<void> {
    if (FakeSocket.opened.length === 0) open()
    FakeSocket.last.say(aRawSnapshot(changes))
    await flushPromises()
  }

  it('is a skeleton until something is known', () => {
    open()
    expect(byTestId(page, 'loading').exists()).toBe(true)
  })

  it('shows a card for each strategy', async () => {
    await say({ positions: [aRawPosition(), aRawPosition({ id: 'other' })] })

    expect(allByTestId(page, 'strategy-card').map((card) => card.attributes('data-position-id'))).toEqual(
      ['spy-condor', 'other'],
    )
  })

  it('explains an empty account', async () => {
    await say({ positions: [] })

    expect(byTestId(page, 'empty').text()).toContain('paper-main')
  })

  it('does not take unread holdings for an empty account', async () => {
    await say({ positions: [], status: aRawStatus({ positions_as_of: null }) })
    expect(byTestId(page, 'empty').exists()).toBe(false)
    expect(byTestId(page, 'loading').exists()).toBe(true)

    await say({ positions: [], status: aRawStatus({ positions_error: 'Alpaca answered 503.' }) })
    expect(byTestId(page, 'read-failure').text()).toContain('Alpaca answered 503.')
  })

  it('says that the account is being read while the server has just started', async () => {
    server.on('GET /api/status', () => json(aRawStatus({ positions_as_of: null })))
    server.on('GET /api/positions', () =>
      json({
        status: 'error',
        positions: [],
        total_count: 0,
        as_of: null,
        message: 'The account is being read.',
        reading: true,
        unassigned: [],
      }),
    )
    open()
    await flushPromises()

    expect(byTestId(page, 'loading').text()).toBe('Reading your account…')
    expect(byTestId(page, 'read-failure').exists()).toBe(false)
  })

  it('says that the server does not answer', async () => {
    server.on('GET /api/status', () => Promise.reject(new TypeError('Failed to fetch')))
    open()
    await vi.waitFor(() => {
      expect(byTestId(page, 'read-failure').exists()).toBe(true)
    })
    expect(byTestId(page, 'read-failure').text()).toContain('Closeout does not answer')
  })

  it('shows old holdings with their error above them', async () => {
    await say({ status: aRawStatus({ positions_error: 'Alpaca answered 503.' }) })

    expect(allByTestId(page, 'strategy-card')).toHaveLength(1)
    expect(byTestId(page, 'positions-error').text()).toContain('Alpaca answered 503.')
  })

  it('says that nothing can be sent while the journal cannot write', async () => {
    await say({ status: aRawStatus({ journal_error: 'No space left on device.' }) })

    expect(byTestId(page, 'journal-error').text()).toMatch(
      /Nothing can be sent.*No space left on device/s,
    )
  })

  it('says that it stands by, and for whom', async () => {
    await say({ status: aRawStatus({ standing_by: 'Process 7 on desk works this account.' }) })

    expect(byTestId(page, 'standing-by').text()).toMatch(/Standing by.*Process 7 on desk/s)
  })

  it('warns of holdings that belong to no strategy', async () => {
    await say({
      unassigned: [
        { symbol: 'NVDA', quantity: '0.5', reason: 'a fraction of a share', is_difference: false },
      ],
    })

    expect(byTestId(page, 'unassigned').text()).toMatch(/0\.5 × long NVDA: a fraction of a share/)
  })

  it('leads from claims that do not add up to the strategies that make them', async () => {
    const symbol = 'SPY261218P00520000'
    const reason = 'strategies hold it on both sides and come to 6 short together, but the account holds 5 short'
    await say({
      positions: [aRawPosition(), aRawPosition({ id: 'other', strategy: 'Straddle' })],
      unassigned: [{ symbol, quantity: '1', reason, is_difference: true }],
    })
    const repairs = byTestId(page, 'unassigned').findAll('[data-repair]')
    expect(repairs.map((button) => button.text())).toEqual([
      'Go to SPY Iron Condor 18 Dec 2026',
      'Go to SPY Straddle 18 Dec 2026',
      'Merge them…',
    ])

    await repairs[1]?.trigger('click')
    const menu = page.find('[data-position-id="other"] [data-testid="card-menu"]')
    expect(document.activeElement).toBe(menu.element)
    await repairs[2]?.trigger('click')
    expect(byTestId(page, 'regroup-send').text()).toBe('Merge into SPY Straddle 18 Dec 2026')
  })

  it('closes a strategy from the first click to the last message', async () => {
    await say()
    await byTestId(page, 'close-strategy').trigger('click')
    await vi.waitFor(() => {
      expect(byTestId(page, 'confirm-send').attributes('disabled')).toBeUndefined()
    })
    expect(server.orders()).toEqual([])

    await byTestId(page, 'confirm-send').trigger('click')
    await vi.waitFor(() => {
      expect(byTestId(page, 'close-progress').attributes('data-phase')).toBe('working')
    })
    expect(server.orders()).toHaveLength(1)
    expect(byTestId(page, 'confirm-dialog').exists()).toBe(false)
    expect((await notices())[0]).toMatch(/^Submitted/)

    const close = aRawClose({ phase: 'closed', message: 'Closed: every contract filled.' })
    FakeSocket.last.say({ type: 'close', seq: 8, at: NOW, close })
    FakeSocket.last.say({ type: 'positions', seq: 9, at: NOW, positions: [], unassigned: [] })
    expect((await notices()).at(-1)).toMatch(/^Closed: SPY Iron Condor/)
    expect(allByTestId(page, 'strategy-card')).toEqual([])
    expect(byTestId(page, 'close-result').text()).toContain('Closed')
  })

  it('shows a running close that has lost its card', async () => {
    await say({ positions: [], closes: [aRawClose({ phase: 'verifying' })] })

    expect(byTestId(page, 'recent-closes').text()).toContain('Verifying')
  })

  it('shows a running close after a reload, because the server told it', async () => {
    await say({ closes: [aRawClose()] })

    expect(byTestId(page, 'close-strategy').text()).toBe('Closing…')
    expect(await notices()).toEqual([])
  })
})
