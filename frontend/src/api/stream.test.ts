import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { aRawSnapshot } from '@/testing/builders'
import { FakeSocket, stubSockets } from '@/testing/socket'

import { openStream, SILENCE_MS, STEADY_MS, type Stream, type StreamState } from './stream'

describe('the stream’s connection', () => {
  const states: StreamState[] = []
  let stream: Stream

  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(1)
    stubSockets()
    states.length = 0
    stream = openStream({
      url: () => `ws://here/ws?n=${String(FakeSocket.opened.length)}`,
      onMessage: () => undefined,
      onState: (state) => states.push(state),
    })
  })

  afterEach(() => {
    stream.stop()
    vi.useRealTimers()
  })

  it('is live from the first message on, not from the handshake', () => {
    expect(states).toEqual(['connecting'])
    FakeSocket.last.say(aRawSnapshot())
    expect(states.at(-1)).toBe('live')
  })

  it('comes back after a wait that doubles while nothing works', () => {
    for (const wait of [500, 1_000, 2_000, 4_000]) {
      const before = FakeSocket.opened.length
      FakeSocket.last.drop()
      expect(states.at(-1)).toBe('down')
      vi.advanceTimersByTime(wait - 1)
      expect(FakeSocket.opened).toHaveLength(before)
      vi.advanceTimersByTime(1)
      expect(FakeSocket.opened).toHaveLength(before + 1)
    }
  })

  it('waits short again after a connection that held', () => {
    FakeSocket.last.drop()
    vi.advanceTimersByTime(500)
    FakeSocket.last.say(aRawSnapshot())
    vi.advanceTimersByTime(STEADY_MS)
    FakeSocket.last.drop()
    vi.advanceTimersByTime(500)

    expect(FakeSocket.opened).toHaveLength(3)
  })

  it('keeps waiting longer when each connection breaks at once', () => {
    FakeSocket.last.drop()
    vi.advanceTimersByTime(500)
    FakeSocket.last.say(aRawSnapshot())
    FakeSocket.last.drop()
    vi.advanceTimersByTime(999)

    expect(FakeSocket.opened).toHaveLength(2)
  })

  it('asks anew where to resume for every connection', () => {
    FakeSocket.last.drop()
    vi.advanceTimersByTime(500)

    expect(FakeSocket.opened.map(({ url }) => url)).toEqual(['ws://here/ws?n=0', 'ws://here/ws?n=1'])
  })

  it('takes a silent connection for a dead one', () => {
    FakeSocket.last.say(aRawSnapshot())
    vi.advanceTimersByTime(SILENCE_MS - 1)
    expect(states.at(-1)).toBe('live')
    vi.advanceTimersByTime(1)

    expect(states.at(-1)).toBe('down')
    expect(FakeSocket.opened[0]?.isClosed).toBe(true)
  })

  it('ignores the last word of a connection it has given up', () => {
    const given = FakeSocket.last
    stream.reconnect()
    vi.advanceTimersByTime(500)
    given.drop()
    vi.advanceTimersByTime(10_000)

    expect(FakeSocket.opened).toHaveLength(2)
  })

  it('stops for good when told to', () => {
    stream.stop()
    vi.advanceTimersByTime(60_000)

    expect(FakeSocket.opened).toHaveLength(1)
    expect(FakeSocket.last.isClosed).toBe(true)
  })
})
