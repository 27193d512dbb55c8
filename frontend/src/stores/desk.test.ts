import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { aRawClose, aRawPosition, aRawSnapshot, aRawStatus, NOW } from '@/testing/builders'
import { aServer, json, problem, type FakeServer } from '@/testing/server'
import { FakeSocket, stubSockets } from '@/testing/socket'

import { POLL_MS, useDeskStore } from './desk'

const positions = (changes = {}): Response =>
  json({
    status: 'success',
    positions: [aRawPosition()],
    total_count: 1,
    as_of: NOW,
    message: null,
    reading: false,
    ...changes,
  })

describe('the desk', () => {
  let server: FakeServer

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
    stubSockets()
    server = aServer()
    server.on('GET /api/positions', () => positions())
  })

  afterEach(() => {
    useDeskStore().stop()
    vi.useRealTimers()
  })

  it('loads by REST when the stream is slow', async () => {
    const desk = useDeskStore()
    desk.start()
    await flushPromises()

    expect(desk.loaded).toBe(true)
    expect(desk.positions.map(({ id }) => id)).toEqual(['spy-condor'])
  })

  it('does not let a late REST answer overwrite a live stream', async () => {
    const desk = useDeskStore()
    desk.start()
    FakeSocket.last.say(aRawSnapshot({ positions: [] }))
    await flushPromises()

    expect(desk.positions).toEqual([])
  })

  it('asks REST again and again while the stream is away, and not while it is live', async () => {
    const desk = useDeskStore()
    desk.start()
    await flushPromises()
    const reads = (): number => server.asked.filter(({ path }) => path === '/api/status').length
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(reads()).toBe(2)

    FakeSocket.last.say(aRawSnapshot())
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(reads()).toBe(2)
  })

  it('resumes where it was', () => {
    const desk = useDeskStore()
    desk.start()
    FakeSocket.last.say(aRawSnapshot())
    FakeSocket.last.say({ type: 'status', seq: 8, at: NOW, status: aRawStatus() })
    FakeSocket.last.drop()
    vi.advanceTimersByTime(1_000)

    expect(new URL(FakeSocket.last.url).search).toBe('?epoch=run-1&since=8')
  })

  it('resumes after a gap instead of guessing', () => {
    const desk = useDeskStore()
    desk.start()
    FakeSocket.last.say(aRawSnapshot())
    FakeSocket.last.say({ type: 'positions', seq: 12, at: NOW, positions: [], unassigned: [] })
    expect(desk.positions).toHaveLength(1)
    vi.advanceTimersByTime(1_000)

    expect(FakeSocket.opened).toHaveLength(2)
    expect(new URL(FakeSocket.last.url).search).toBe('?epoch=run-1&since=7')
  })

  it('tells the server’s time, not the reader’s', () => {
    vi.setSystemTime('2026-11-23T14:59:00Z')
    const desk = useDeskStore()
    desk.start()
    FakeSocket.last.say(aRawSnapshot())

    expect(desk.clockOffset).toBe(60_000)
  })

  it('keeps old holdings and says so when they could not be read', async () => {
    const desk = useDeskStore()
    await desk.refresh()
    server.on('GET /api/positions', () =>
      positions({ status: 'error', positions: [], message: 'Alpaca answered 503.' }),
    )
    await desk.refresh()

    expect(desk.positions).toHaveLength(1)
    expect(desk.positionsError).toBe('Alpaca answered 503.')
  })

  it('says why it could not load, and forgets that once it can', async () => {
    const desk = useDeskStore()
    server.on('GET /api/status', () => problem(503, 'starting', 'Closeout is starting.'))
    await desk.refresh()
    expect([desk.loaded, desk.loadError]).toEqual([false, 'Closeout is starting.'])

    server.on('GET /api/status', () => json(aRawStatus()))
    await desk.refresh()
    expect([desk.loaded, desk.loadError]).toEqual([true, null])
  })

  it('takes closes by REST without setting newer ones back', async () => {
    const desk = useDeskStore()
    desk.start()
    const updated = '2026-11-23T15:00:05Z'
    FakeSocket.last.say(
      aRawSnapshot({ closes: [aRawClose({ phase: 'verifying', updated_at: updated })] }),
    )
    FakeSocket.last.drop()
    server.on('GET /api/closes', () => json({ closes: [aRawClose()], total_count: 1 }))
    await desk.refresh()

    expect(desk.closes.map(({ phase }) => phase)).toEqual(['verifying'])
  })
})
