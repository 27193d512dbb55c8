import { describe, expect, it } from 'vitest'

import { aRawSnapshot, aRawStrategyAnswer } from '@/testing/builders'

import {
  transformCloseLegResponse,
  transformCloseOrderResult,
  transformCloseStrategyResponse,
  transformStreamMessage,
} from './transform'
import type { RawCloseOrderResult } from './wire'

const raw: RawCloseOrderResult = {
  symbol: 'SPY261218P00520000',
  order_id: null,
  status: 'failed',
  filled_qty: 0,
  filled_avg_price: null,
  error_message: 'insufficient qty available',
}

describe('the border', () => {
  it('renames an order result and keeps null as null', () => {
    expect(transformCloseOrderResult(raw)).toEqual({
      symbol: 'SPY261218P00520000',
      orderId: null,
      status: 'failed',
      filledQty: 0,
      filledAvgPrice: null,
      errorMessage: 'insufficient qty available',
    })
  })

  it('keeps prices as the strings they came as', () => {
    const price = '0.10000000000000000555'

    expect(transformCloseOrderResult({ ...raw, filled_avg_price: price }).filledAvgPrice).toBe(price)
  })

  it('renames a strategy answer with all its orders', () => {
    const answer = transformCloseStrategyResponse(aRawStrategyAnswer({ orders: [raw] }))

    expect(answer).toMatchObject({
      positionId: 'spy-condor',
      totalLegs: 4,
      closedLegs: 0,
      closeId: 'close-1',
      orders: [{ errorMessage: 'insufficient qty available' }],
    })
  })

  it('renames a leg answer, with or without an order', () => {
    const answer = {
      status: 'success',
      message: null,
      close_id: 'close-1',
      phase: 'working',
    } as const

    expect(transformCloseLegResponse({ ...answer, order: raw }).order?.filledQty).toBe(0)
    expect(transformCloseLegResponse({ ...answer, order: null }).order).toBeNull()
  })

  it('renames at every depth of a message', () => {
    expect(transformStreamMessage(aRawSnapshot())).toMatchObject({
      status: { optionData: { state: 'up' }, breaker: { retryAt: null } },
      positions: [{ daysToExpiry: 25, legs: [{ optionType: 'Put' }, {}, {}, {}] }],
    })
  })
})
