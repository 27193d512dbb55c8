import { mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { RawMetrics } from '@/api/wire'
import { aPosition, aRawMetrics } from '@/testing/builders'
import { wordsOf } from '@/testing/dom'

import MetricsStrip from './MetricsStrip.vue'

const show = (changes: Partial<RawMetrics> = {}): VueWrapper =>
  mount(MetricsStrip, { props: { metrics: aPosition({ metrics: aRawMetrics(changes) }).metrics } })

const metric = (strip: VueWrapper, name: string): string =>
  wordsOf(strip.get(`[data-metric="${name}"]`))

const worth = (changes: Partial<RawMetrics['worth']>): Partial<RawMetrics> => ({
  worth: { ...aRawMetrics().worth, ...changes },
})
const risk = (changes: object): Partial<RawMetrics> => {
  const { risk: known } = aRawMetrics()
  return { risk: known && { ...known, ...changes } }
}

describe('the metrics of a strategy', () => {
  it('tell what closing costs, and what can be won and lost', () => {
    const strip = show()

    expect(metric(strip, 'value')).toBe('1.29 debit · 1.32')
    expect(metric(strip, 'profit')).toBe('$1,850 30.3% reached')
    expect(metric(strip, 'loss')).toBe('−$8,150')
    expect(metric(strip, 'break-evens')).toBe('518.15 · 581.85')
  })

  it('say debit and credit where mid and natural differ in it', () => {
    expect(metric(show(worth({ net_mid: '-0.02', net_natural: '0.03' })), 'value')).toBe(
      '0.02 credit · 0.03 debit',
    )
  })

  it('tell on the side of the loss how much of it is reached', () => {
    const strip = show(worth({ profit_share: '-66.1', loss_share: '15.04' }))

    expect(metric(strip, 'profit')).toBe('$1,850')
    expect(metric(strip, 'loss')).toBe('−$8,150 15.0% reached')
  })

  it('say that a loss has no limit, never a number for it', () => {
    const strip = show({
      ...risk({ unlimited_loss: true, max_loss: null }),
      ...worth({ loss_share: null }),
    })

    expect(metric(strip, 'loss')).toBe('no limit')
  })

  it('name each greek, also to who cannot read its letter', () => {
    expect(metric(show(), 'greeks')).toBe(
      'Δ Delta, shares −12.4 Γ Gamma, shares per dollar −1.90 Θ Theta, dollars a day +41.2 ' +
        'V Vega, dollars per point of volatility −133.5',
    )
  })

  it('tell what comes next by itself, in the exchange’s time', () => {
    expect(metric(show(), 'event')).toBe('18 Dec 15:15 . Expires on Friday 18 December.')
  })

  it('leave out what no model has told yet', () => {
    const strip = show({ risk: null, outlook: null, next_event: null })

    expect(strip.findAll('[data-metric]').map((each) => each.attributes('data-metric'))).toEqual([
      'value',
    ])
  })
})
