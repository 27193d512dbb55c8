import { describe, expect, it } from 'vitest'

import { aServer, json, problem } from '@/testing/server'

import { closeLeg, closeStrategy, previewClose } from './closes'
import { ApiProblem, Unanswered } from './errors'

const MARKET = { orderType: 'market', limitPriceOffset: null, limitPrice: null } as const
const ROUTE = 'POST /api/positions/spy-condor/close-strategy'

describe('requests', () => {
  it('ask for a strategy close with its options and the key of this confirmation', async () => {
    const server = aServer()
    await closeStrategy(
      'spy-condor',
      { orderType: 'limit', limitPriceOffset: '0.05', limitPrice: null },
      'key-1',
    )

    expect(server.asked[0]?.body).toEqual({
      position_id: 'spy-condor',
      order_type: 'limit',
      limit_price_offset: '0.05',
      limit_price: null,
    })
    expect(server.asked[0]?.headers.get('Idempotency-Key')).toBe('key-1')
  })

  it('ask for a leg close by the leg’s id', async () => {
    const server = aServer()
    server.on('POST /api/positions/spy-condor/close-leg', () =>
      json({ status: 'success', order: null, message: null, close_id: 'c', phase: 'working' }),
    )
    await closeLeg('spy-condor', 'leg-520p', { orderType: 'limit', limitPrice: '1.30' }, 'key-2')

    expect(server.asked[0]?.body).toEqual({
      leg_id: 'leg-520p',
      order_type: 'limit',
      limit_price: '1.30',
    })
  })

  it('throw the detail of a problem document', async () => {
    aServer().on(ROUTE, () => problem(409, 'market_closed', 'It opens Monday.'))
    const refused = await closeStrategy('spy-condor', MARKET, 'k').catch((error: unknown) => error)

    expect(refused).toBeInstanceOf(ApiProblem)
    expect(refused).toMatchObject({ status: 409, code: 'market_closed', message: 'It opens Monday.' })
  })

  it.each([
    ['a broken connection', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a gateway without an answer', () => new Response('<html>Bad gateway', { status: 502 })],
    ['an unreadable answer', () => new Response('{"status": "succ', { status: 200 })],
  ])('do not take %s for a refusal', async (_, answer) => {
    aServer().on(ROUTE, answer)

    await expect(closeStrategy('spy-condor', MARKET, 'k')).rejects.toBeInstanceOf(Unanswered)
  })

  it('give up a preview when it is no longer wanted', async () => {
    aServer()
    const unwanted = AbortSignal.abort()

    await expect(previewClose('spy-condor', null, MARKET, unwanted)).rejects.toThrow()
  })
})
