import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { RawPosition } from '@/api/wire'
import { useClosingStore } from '@/stores/closing'
import { useDeskStore } from '@/stores/desk'
import { aClose, aPosition, aRawLeg, aRawMetrics, CONDOR_LEGS, NOW } from '@/testing/builders'
import { allByTestId, byTestId } from '@/testing/dom'

import StrategyCard from './StrategyCard.vue'

const show = (changes: Partial<RawPosition> = {}): VueWrapper =>
  mount(StrategyCard, { props: { position: aPosition(changes) }, attachTo: document.body })

const rows = (card: VueWrapper): string[] =>
  allByTestId(card, 'leg-row').map((row) =>
    row
      .findAll('td')
      .map((cell) => cell.text())
      .join(' | '),
  )

// Quotes age by the clock: on another day they would be told as old.
beforeEach(() => vi.useFakeTimers({ now: new Date(NOW), toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

describe('a strategy’s card', () => {
  it('shows what a trader looks for first', () => {
    const text = show().text().replace(/\s+/g, ' ')

    expect(text).toContain('SPY Iron Condor × 10')
    expect(text).toContain('548.21')
    expect(text).toContain('18 Dec 2026')
    expect(text).toContain('25 days left')
    expect(text).toContain('1.85 credit')
  })

  it('tells gain and loss by sign and arrow, not by colour alone', () => {
    expect(byTestId(show(), 'total-pnl').text()).toMatch(/\+\$560\.00.*▲/)
    expect(byTestId(show({ total_pnl: '-12.50' }), 'total-pnl').text()).toMatch(/−\$12\.50.*▼/)
  })

  it('lists each leg', () => {
    expect(rows(show())[1]).toBe(
      'ShortPut | 520 | 18 Dec 2026 | 10 | 2.05 | 1.28 × 1.31 | 1.295 | +$755.00 | +36.8% | Close Leg',
    )
  })

  it('shows what could not be read as missing, never as zero', () => {
    const unread = aRawLeg({
      bid: null,
      ask: null,
      current_price: null,
      pnl_dollars: null,
      pnl_percent: null,
      entry_price: null,
    })
    const card = show({ legs: [unread], total_pnl: null, spot_price: null, net_entry: null })

    expect(rows(card)[0]).toBe('ShortPut | 520 | 18 Dec 2026 | 10 | — | — × — | — | — | — | Close Leg')
    expect(byTestId(card, 'total-pnl').text()).toContain('—')
    expect(byTestId(card, 'spot').text()).toBe('—')
  })

  it('draws its payoff, and tells the same in words', () => {
    const picture = byTestId(show(), 'payoff')

    expect(picture.attributes('role')).toBe('img')
    expect(picture.find('title').text()).toBe('Payoff of SPY Iron Condor')
    expect(picture.find('desc').text()).toBe(
      'At the first expiry: profit at most +$1,850.00, loss at most −$8,150.00. ' +
        'Break-even at 518.15 and 581.85. P&L now +$560.00.',
    )
  })

  it('tells what an adjusted contract delivers, and that its risk is not computed', () => {
    const adjusted = {
      multiplier: 100,
      deliverables: [],
      summary: 'delivers 50 AAPL and $12.50 cash',
      text: 'AAPL1 was adjusted.',
    }
    const card = show({
      legs: [aRawLeg({ adjusted })],
      metrics: { ...aRawMetrics(), risk: null, outlook: null },
    })

    expect(byTestId(card, 'leg-adjusted').text()).toBe('Adjusted delivers 50 AAPL and $12.50 cash')
    expect(byTestId(card, 'no-payoff').text()).toBe(
      'Payoff and risk are not computed for adjusted contracts.',
    )
  })

  it('draws nothing where no payoff is known', () => {
    const card = show({ metrics: { ...aRawMetrics(), outlook: null } })

    expect(byTestId(card, 'payoff').exists()).toBe(false)
    expect(byTestId(card, 'metrics').exists()).toBe(true)
  })

  it('shows shares without strike and type', () => {
    const shares = aRawLeg({
      symbol: 'NVDA',
      asset_class: 'us_equity',
      strike: null,
      option_type: null,
      expiry_date: null,
      direction: 'Long',
      quantity: 100,
    })

    expect(rows(show({ legs: [shares] }))[0]).toContain('LongStock |  |  | 100 | 2.05')
  })

  it('asks before it closes', async () => {
    const card = show()
    await byTestId(card, 'close-strategy').trigger('click')

    expect(useClosingStore().target).toMatchObject({ position: { id: 'spy-condor' }, leg: null })
  })

  it('asks before it closes a leg', async () => {
    const card = show()
    await allByTestId(card, 'close-leg')[1]?.trigger('click')

    expect(useClosingStore().target?.leg?.id).toBe('leg-520p')
  })

  it('says Closing… while the server’s journal has a running close, and shows it', () => {
    useDeskStore().putClose(aClose())
    const card = show()

    expect(byTestId(card, 'close-strategy').text()).toBe('Closing…')
    expect(byTestId(card, 'close-strategy').find('svg').exists()).toBe(true)
    expect(allByTestId(card, 'close-leg').map((button) => button.text())).toEqual(
      Array(4).fill('Closing…'),
    )
    expect(byTestId(card, 'close-progress').exists()).toBe(true)
  })

  it('shows the running close instead of asking for a second one', async () => {
    useDeskStore().putClose(aClose())
    const card = show()
    await byTestId(card, 'close-strategy').trigger('click')
    await card.vm.$nextTick()

    expect(useClosingStore().target).toBeNull()
    expect(document.activeElement?.id).toBe('progress-spy-condor')
  })

  it('marks only the leg that is being closed', () => {
    useDeskStore().putClose(aClose({ leg_id: 'leg-520p' }))
    const card = show({ close_id: 'close-1' })

    expect(allByTestId(card, 'close-leg').map((button) => button.text())).toEqual([
      'Close Leg',
      'Closing…',
      'Close Leg',
      'Close Leg',
    ])
    expect(byTestId(card, 'close-strategy').text()).toBe('Close Strategy')
  })

  it('offers the buttons again once the close has ended', () => {
    useDeskStore().putClose(aClose({ phase: 'rejected' }))
    const card = show()

    expect(byTestId(card, 'close-strategy').text()).toBe('Close Strategy')
    expect(byTestId(card, 'close-progress').exists()).toBe(false)
  })

  it('says why a leg cannot be closed, to the eye and to a screen reader', () => {
    const blocked = { ...CONDOR_LEGS[0], blocked_reason: 'It covers the short put.' } as RawPosition['legs'][0]
    const button = byTestId(show({ legs: [blocked] }), 'close-leg')
    const reason = document.getElementById(button.attributes('aria-describedby') ?? '')

    expect(button.attributes('aria-disabled')).toBe('true')
    expect(reason?.textContent.trim()).toBe('It covers the short put.')
  })
})
