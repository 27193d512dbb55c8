import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { listCloses } from '@/api/closes'
import { getStatus, listPositions } from '@/api/positions'
import { openStream, type Stream, type StreamState } from '@/api/stream'
import type { Close, Positions, Status, StreamMessage } from '@/api/types'
import { applyMessage, EMPTY_DESK, withClose, type Desk } from '@/lib/desk'

/** While the stream is away, REST is asked this often. */
export const POLL_MS = 5_000

/** What the server's journal says, and when it said so. Nothing here is guessed ahead. */
export const useDeskStore = defineStore('desk', () => {
  const desk = shallowRef<Desk>(EMPTY_DESK)
  const streamState = shallowRef<StreamState>('connecting')
  /** Local milliseconds at which the server last told something; null before it did. */
  const heardAt = shallowRef<number | null>(null)
  /** Server minus local clock, in milliseconds: ages are told in the server's time. */
  const clockOffset = shallowRef(0)
  const loadError = shallowRef<string | null>(null)
  const readError = shallowRef<string | null>(null)

  let stream: Stream | null = null
  let poll: ReturnType<typeof setInterval> | undefined

  const status = computed(() => desk.value.status)
  const marketOpen = computed(() => status.value?.market.isOpen ?? null)
  const positions = computed(() => desk.value.positions)
  const unassigned = computed(() => desk.value.unassigned)
  const closes = computed(() => desk.value.closes)
  const loaded = computed(() => heardAt.value !== null)
  const positionsError = computed(() => status.value?.positionsError ?? readError.value)

  function heard(serverTime: string): void {
    heardAt.value = Date.now()
    clockOffset.value = Date.parse(serverTime) - heardAt.value
    loadError.value = null
  }

  function receive(message: StreamMessage): void {
    const [next, verdict] = applyMessage(desk.value, message)
    desk.value = next
    heard(message.at)
    if (message.type === 'snapshot' || message.type === 'positions') readError.value = null
    if (verdict === 'gap') stream?.reconnect()
  }

  /** Where the next connection resumes, once there was a snapshot. */
  function streamUrl(): string {
    const url = new URL('/ws', globalThis.location.origin.replace(/^http/, 'ws'))
    if (desk.value.epoch !== null) {
      url.searchParams.set('epoch', desk.value.epoch)
      url.searchParams.set('since', String(desk.value.seq))
    }
    return url.href
  }

  function start(): void {
    void refresh()
    poll = setInterval(() => void refresh(), POLL_MS)
    stream = openStream({
      url: streamUrl,
      onMessage: receive,
      onState: (state) => (streamState.value = state),
    })
  }

  function stop(): void {
    clearInterval(poll)
    stream?.stop()
    stream = null
  }

  /** First load, and the fallback while the stream is away; a live stream knows better. */
  async function refresh(): Promise<void> {
    if (streamState.value === 'live') return
    try {
      const answers = await Promise.all([getStatus(), listPositions(), listCloses()])
      if (!isLive()) takeAnswers(...answers)
    } catch (error) {
      if (!isLive()) loadError.value = error instanceof Error ? error.message : String(error)
    }
  }

  const isLive = (): boolean => streamState.value === 'live'

  function takeAnswers(newStatus: Status, answer: Positions, newCloses: Close[]): void {
    const unread = answer.status === 'error' && answer.positions.length === 0
    desk.value = {
      ...desk.value,
      status: newStatus,
      positions: unread ? desk.value.positions : answer.positions,
      unassigned: unread ? desk.value.unassigned : answer.unassigned,
      closes: newCloses.reduce(withClose, desk.value.closes),
    }
    readError.value = answer.status === 'error' && !answer.reading ? answer.message : null
    heard(newStatus.serverTime)
  }

  /** Take a close as the server just answered it, ahead of the stream's telling. */
  function putClose(close: Close): void {
    desk.value = { ...desk.value, closes: withClose(desk.value.closes, close) }
  }

  return {
    status,
    marketOpen,
    positions,
    unassigned,
    closes,
    loaded,
    streamState,
    heardAt,
    clockOffset,
    loadError,
    positionsError,
    start,
    stop,
    refresh,
    putClose,
  }
})
