import { mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { RawClosePreview } from '@/api/wire'
import { aPreview, aRawPreview } from '@/testing/builders'
import { wordsOf } from '@/testing/dom'

import PreviewEstimates from './PreviewEstimates.vue'

type Order = RawClosePreview['orders'][number]

function show(order: Partial<Order>, changes: Partial<RawClosePreview> = {}): VueWrapper {
  const orders = aRawPreview().orders.map((each) => ({ ...each, ...order }))
  return mount(PreviewEstimates, { props: { preview: aPreview({ orders, ...changes }) } })
}

const rows = (estimates: VueWrapper): string[] =>
  estimates.findAll('tbody tr').map(wordsOf)

const walked = (): VueWrapper =>
  show(
    { order_type: 'limit', limit_price: '1.29', worst: '1.35' },
    { cash_limit: '-1290.00', pnl_limit: '560.00', cash_worst: '-1350.00', pnl_worst: '500.00' },
  )

describe('the prices of a preview', () => {
  it('begin with what is the trader’s own: the limit and the worst', () => {
    const estimates = walked()

    expect(rows(estimates).slice(0, 2)).toEqual([
      'Limit where it starts 1.29 debit $1,290.00 paid P&L +$560.00',
      'Worst the furthest it goes 1.35 debit $1,350.00 paid P&L +$500.00',
    ])
    expect(estimates.findAll('tr.own')).toHaveLength(2)
  })

  it('say that nothing bounds a market order', () => {
    expect(rows(show({}))[1]).toContain('Worst nothing bounds a market order none set')
  })

  it('say that a walk without a worst price has no bound of its own', () => {
    const unbound = show({ order_type: 'limit', limit_price: '1.29', worst: null })

    expect(rows(unbound)[1]).toContain('Worst it may follow natural wherever that goes none set')
  })

  it('tell a limit that stands still once, as the worst', () => {
    const fixed = rows(show({ order_type: 'limit', limit_price: '1.31', worst: '1.31' }))

    expect(fixed.map((row) => row.split(' ')[0])).toEqual(['Limit', 'Natural', 'Mid'])
    expect(fixed[0]).toContain('the worst you accept')
  })

  it('leave what is not known open', () => {
    expect(rows(show({ natural: null }, { cash_natural: null, pnl_natural: null }))[0]).toBe(
      'Natural trades at once — — P&L —',
    )
  })

  it('draw each price under the mark that its row has', () => {
    const estimates = walked()
    const drawn = estimates.findAll('[data-mark]').map((mark) => mark.attributes('data-mark'))
    const told = estimates.findAll('[data-row]').map((row) => row.attributes('data-row'))

    expect(drawn.toSorted()).toEqual(told.toSorted())
  })
})
