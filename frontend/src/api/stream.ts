import { backoffMs } from '@/lib/backoff'

import { transformStreamMessage } from './transform'
import type { StreamMessage } from './types'
import type { RawStreamMessage } from './wire'

/** The server sends a status every few seconds; this long without a word means it is gone. */
export const SILENCE_MS = 15_000

/** A connection that held this long was a good one: the next wait starts short again. */
export const STEADY_MS = 5_000

export type StreamState = 'connecting' | 'live' | 'down'

export interface StreamOptions {
  /** Asked before every connection, so that it can say where to resume. */
  url: () => string
  onMessage: (message: StreamMessage) => void
  onState: (state: StreamState) => void
}

export interface Stream {
  /** Drop this connection and open the next one after the usual wait. */
  reconnect: () => void
  stop: () => void
}

/** Keep one WebSocket open until stopped: reconnects by itself, with backoff and jitter. */
export function openStream({ url, onMessage, onState }: StreamOptions): Stream {
  let socket: WebSocket | null = null
  let attempt = 0
  let openedAt = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  function connect(): void {
    onState('connecting')
    const opened = new WebSocket(url())
    socket = opened
    openedAt = Date.now()
    listen()
    opened.onmessage = (event: MessageEvent<string>): void => {
      listen()
      onState('live')
      onMessage(transformStreamMessage(JSON.parse(event.data) as RawStreamMessage))
    }
    opened.onclose = (): void => {
      if (socket === opened) reconnect()
    }
  }

  function listen(): void {
    clearTimeout(silence)
    silence = setTimeout(reconnect, SILENCE_MS)
  }

  function reconnect(): void {
    drop()
    onState('down')
    if (Date.now() - openedAt >= STEADY_MS) attempt = 0
    retry = setTimeout(connect, backoffMs(attempt))
    attempt += 1
  }

  function drop(): void {
    clearTimeout(retry)
    clearTimeout(silence)
    const dropped = socket
    socket = null
    dropped?.close()
  }

  connect()
  return { reconnect, stop: drop }
}
