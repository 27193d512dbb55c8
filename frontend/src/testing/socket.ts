import { vi } from 'vitest'

import type { RawStreamMessage } from '@/api/wire'

/** A WebSocket that connects to nothing; the test speaks for the server. */
export class FakeSocket {
  static opened: FakeSocket[] = []

  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  isClosed = false

  constructor(readonly url: string) {
    FakeSocket.opened.push(this)
  }

  static get last(): FakeSocket {
    const last = FakeSocket.opened.at(-1)
    if (!last) throw new Error('no socket was opened')
    return last
  }

  close(): void {
    this.isClosed = true
  }

  say(message: RawStreamMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  drop(): void {
    this.onclose?.()
  }
}

export function stubSockets(): void {
  FakeSocket.opened = []
  vi.stubGlobal('WebSocket', FakeSocket)
}
