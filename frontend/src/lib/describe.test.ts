import { describe, expect, it } from 'vitest'

import { aPreview, aRawPreview } from '@/testing/builders'

import { describePace, describeSend, describeSentPrice } from './describe'

const [package_] = aRawPreview().orders
if (!package_) throw new Error('the preview has an order')
const [, shortPut] = package_.legs
if (!shortPut) throw new Error('a condor has four legs')
const single = { ...package_, order_class: 'simple' as const, legs: [shortPut] }

describe('the confirm button', () => {
  it('says what a market close of the package does', () => {
    expect(describeSend(aPreview())).toBe('Send: close 10 × Iron Condor at market')
  })

  it('says the limit with its direction', () => {
    const credit = { ...package_, order_type: 'limit' as const, limit_price: '-1.10' }

    expect(describeSend(aPreview({ orders: [credit] }))).toBe(
      'Send: close 10 × Iron Condor at limit 1.10 credit',
    )
  })

  it('says buy or sell for a single leg, whose limit is a plain price', () => {
    const limit = { ...single, order_type: 'limit' as const, limit_price: '1.30' }

    expect(describeSend(aPreview({ orders: [limit] }))).toBe(
      'Send: buy to close 10 × 520 Put at limit 1.30',
    )
  })

  it('counts the orders of a plan with several', () => {
    expect(describeSend(aPreview({ orders: [single, single] }))).toBe(
      'Send 2 orders: close SPY Iron Condor',
    )
  })

  it('does not promise to send nothing', () => {
    expect(describeSend(aPreview({ orders: [] }))).toBe('Nothing to send')
  })
})

it('says how a limit walks and how far, also when nothing bounds it', () => {
  const orders = aPreview().orders.map((order) => ({ ...order, worst: '1.40' }))

  expect(describePace('normal', { ...aPreview(), orders })).toBe(', normal pace, at worst 1.40 debit')
  expect(describePace('urgent', aPreview())).toBe(', urgent pace, no worst set')
})

it('calls a sent price a credit only where it must be one', () => {
  expect(describeSentPrice('-1.10')).toBe('1.10 credit')
  expect(describeSentPrice('1.10')).toBe('1.10')
  expect(describeSentPrice(null)).toBe('—')
})
