import { describe, expect, it } from 'vitest'

import { placeMarks, type Prices } from './priceLine'

const placed = (prices: Prices): Record<string, number> =>
  Object.fromEntries(placeMarks(prices).map(({ name, share }) => [name, Math.round(share * 100)]))

describe('the line of prices', () => {
  it('puts the better price of a debit left', () => {
    expect(placed({ mid: '1.00', limit: '1.05', natural: '1.20', worst: '1.20' })).toEqual({
      mid: 0,
      limit: 25,
      natural: 100,
      worst: 100,
    })
  })

  it('puts the larger credit left', () => {
    expect(placed({ mid: '-1.20', natural: '-1.00' })).toEqual({ mid: 0, natural: 100 })
  })

  it('puts the higher price left for a leg that is sold', () => {
    expect(placed({ mid: '1.20', limit: '1.15', natural: '1.00' })).toEqual({
      mid: 0,
      limit: 25,
      natural: 100,
    })
  })

  it('leaves out what is not known, and draws nothing of a single price', () => {
    expect(placed({ mid: '1.00', limit: null, natural: '1.20' })).toEqual({ mid: 0, natural: 100 })
    expect(placed({ mid: '1.00', limit: '1.00' })).toEqual({})
    expect(placed({ mid: '1.00' })).toEqual({})
  })
})
