import { computed, type ComputedRef } from 'vue'

import { useDeskStore } from '@/stores/desk'

import { useServerNow } from './useServerNow'

/** A quick reconnection is nobody's business. */
const GRACE_MS = 2_000

export interface Silence {
  /** Milliseconds since the server last told something. */
  silentMs: ComputedRef<number>
  /** The stream is away, and what is shown may have changed since. */
  disconnected: ComputedRef<boolean>
}

export function useSilence(): Silence {
  const desk = useDeskStore()
  const now = useServerNow()

  const silentMs = computed(() =>
    desk.heardAt === null ? 0 : Math.max(0, now.value - desk.clockOffset - desk.heardAt),
  )
  const disconnected = computed(
    () => desk.loaded && desk.streamState !== 'live' && silentMs.value > GRACE_MS,
  )
  return { silentMs, disconnected }
}
