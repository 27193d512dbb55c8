import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { RawClosePreview } from '@/api/wire'
import { aPreview } from '@/testing/builders'
import { byTestId, wordsOf } from '@/testing/dom'

import PreviewAfter from './PreviewAfter.vue'

type RawFee = NonNullable<RawClosePreview['fees']>['fees'][number]

const ORF: RawFee = {
  code: 'orf',
  amount: '0.6',
  rate: '0.015',
  basis: 'contract',
  sales_only: false,
  cap: null,
  since: '2026-07-01',
  source: 'Fee schedule.',
  confirmed: false,
}

const text = (changes: Partial<RawClosePreview>): string =>
  wordsOf(byTestId(mount(PreviewAfter, { props: { preview: aPreview(changes) } }), 'after'))

describe('what comes after a close', () => {
  it('is nothing of the strategy when all of it goes', () => {
    expect(text({})).toContain('What remains Nothing of this strategy')
  })

  it('names the legs that stay with their side', () => {
    const legs = [
      { leg_id: 'a', symbol: 'SPY261218P00520000', quantity: -5 },
      { leg_id: 'b', symbol: 'SPY', quantity: 100 },
    ]

    expect(text({ remaining_legs: legs })).toContain('Short 5 × 520 Put, Long 100 × SPY shares')
  })

  it('tells buying power before and after, and what of it is margin and what cash', () => {
    expect(text({})).toContain('$100,000.00 → $108,650.00 +$10,000.00 margin, −$1,350.00 cash')
  })

  it('speaks of uncovered contracts only where there are any', () => {
    expect(text({})).not.toContain('Uncovered')
    expect(text({ uncovered_before: 0, uncovered_after: 2 })).toContain('0 before, 2 after')
  })

  it('breaks the fees down to their rates, and leaves out those that do not apply', () => {
    const fees = [ORF, { ...ORF, code: 'sec' as const, amount: '0' }]
    const shown = mount(PreviewAfter, {
      props: { preview: aPreview({ fees: { total: '0.60', exact: '0.6', fees } }) },
    })
    const told = wordsOf(byTestId(shown, 'fees'))

    expect(told).toContain('About $0.60 Options regulatory fee $0.60 $0.015 a contract')
    expect(told).toContain('since 1 Jul 2026. Fee schedule. Not confirmed')
    expect(told).not.toContain('SEC')
  })

  it('does not take fees that are not known for none', () => {
    expect(text({ fees: { total: null, exact: null, fees: [] } })).toContain('Fees About —')
  })
})
