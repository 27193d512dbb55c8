import { describe, expect, it } from 'vitest'

import { aPosition } from '@/testing/builders'
import { aServer, json } from '@/testing/server'

import { useClosingStore } from './closing'
import { useDeskStore } from './desk'

const MARKET = { orderType: 'market', limitPriceOffset: null, limitPrice: null } as const
const target = { position: aPosition(), leg: null }

describe('sending', () => {
  it('happens once for one target, whoever asks a second time', async () => {
    const server = aServer()
    const closing = useClosingStore()
    await Promise.all([closing.send(target, MARKET, 'a'), closing.send(target, MARKET, 'b')])

    expect(server.orders()).toHaveLength(1)
  })

  it('may happen for a leg while another target is being sent', async () => {
    const server = aServer()
    server.on('POST /api/positions/spy-condor/close-leg', () =>
      json({ status: 'success', order: null, message: null, close_id: null, phase: 'working' }),
    )
    const closing = useClosingStore()
    const leg = target.position.legs[1] ?? null
    await Promise.all([
      closing.send(target, MARKET, 'a'),
      closing.send({ ...target, leg }, MARKET, 'b'),
    ])

    expect(server.orders()).toHaveLength(2)
  })

  it('brings the close itself, so that it shows although the stream is away', async () => {
    aServer()
    await useClosingStore().send(target, MARKET, 'a')

    expect(useDeskStore().closes.map(({ id }) => id)).toEqual(['close-1'])
  })

  it('is over only when the close can be seen, so that no button offers itself in between', async () => {
    const server = aServer()
    const closing = useClosingStore()
    let wasSending = false
    server.on('GET /api/closes/close-1', () => {
      wasSending = closing.isSending(target)
      return json({})
    })
    await closing.send(target, MARKET, 'a')

    expect([wasSending, closing.isSending(target)]).toEqual([true, false])
  })
})
