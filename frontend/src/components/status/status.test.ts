import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { aStatus } from '@/testing/builders'

import BreakerState from './BreakerState.vue'
import LinkStates from './LinkStates.vue'
import MarketState from './MarketState.vue'
import ModeBadge from './ModeBadge.vue'

describe('what is always in sight', () => {
  it.each([
    ['SIMULATED', 'no broker, no money'],
    ['PAPER', 'paper money'],
    ['LIVE', 'real money'],
  ] as const)('says %s and what that means', (mode, meaning) => {
    const badge = mount(ModeBadge, { props: { mode } })

    expect(badge.text()).toBe(`${mode}${meaning}`)
    expect(badge.classes()).toContain(`mode--${mode.toLowerCase()}`)
  })

  it('names each connection and its state', () => {
    const status = aStatus({
      trading: { state: 'down', since: '2026-11-23T15:00:00Z', detail: 'connection reset' },
    })
    const links = mount(LinkStates, { props: { status, streamState: 'live' } }).findAll('li')

    expect(links.map((link) => link.text().replace(/\s+/g, ' '))).toEqual([
      'Page up',
      'Trading down',
      'Options up',
      'Stocks up',
    ])
    expect(links[1]?.attributes('title')).toContain('connection reset')
  })

  it('claims nothing of the broker while it cannot hear the server', () => {
    const links = mount(LinkStates, { props: { status: aStatus(), streamState: 'down' } })

    expect(links.findAll('li').map((link) => link.attributes('data-state'))).toEqual([
      'down',
      'unknown',
      'unknown',
      'unknown',
    ])
  })

  it('says whether the market is open and until when', () => {
    const { market } = aStatus()
    const text = (isOpen: boolean | null): string =>
      mount(MarketState, { props: { market: { ...market, isOpen } } }).text()

    expect(text(true)).toMatch(/Market open\s*closes Mon 16:00 ET/)
    expect(text(false)).toMatch(/Market closed\s*opens Tue 09:30 ET/)
    expect(text(null)).toContain('Market hours unknown')
  })

  it('says that exits stay open while the breaker is', () => {
    const breaker = { state: 'open', failures: 5, retryAt: null } as const

    expect(mount(BreakerState, { props: { breaker } }).text()).toContain(
      'Closing and cancelling still work',
    )
  })
})
