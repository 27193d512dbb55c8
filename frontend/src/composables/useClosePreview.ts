import { useIntervalFn, watchDebounced } from '@vueuse/core'
import { computed, onScopeDispose, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

import { previewClose } from '@/api/closes'
import type { CloseOptions, ClosePreview } from '@/api/types'
import { keyOfTarget, type CloseTarget } from '@/lib/target'

export const PREVIEW_EVERY_MS = 2_000
const TYPING_MS = 150

export interface LivePreview {
  /** Belongs to the options as they are now; null while the answer to them is awaited. */
  preview: ComputedRef<ClosePreview | null>
  /** The last one read, possibly for other options: to keep the dialog from jumping. */
  shown: ShallowRef<ClosePreview | null>
  error: ShallowRef<string | null>
  readAt: ShallowRef<number>
  /** Forget the present one and ask again at once. */
  renew: () => void
}

/** Ask every two seconds, and whenever the options change, what would be sent now. */
export function useClosePreview(
  target: CloseTarget,
  options: () => CloseOptions | null,
): LivePreview {
  const shown = shallowRef<ClosePreview | null>(null)
  const shownFor = shallowRef<string | null>(null)
  const error = shallowRef<string | null>(null)
  const readAt = shallowRef(0)
  let inFlight: AbortController | null = null
  let inFlightFor: string | null = null

  const asked = computed(() => JSON.stringify([keyOfTarget(target), options()]))
  const preview = computed(() => (shownFor.value === asked.value ? shown.value : null))

  /** A slow answer is waited for, unless the options have changed under it. */
  async function read(): Promise<void> {
    const wanted = options()
    if (wanted === null || inFlightFor === asked.value) return
    inFlight?.abort()
    const request = (inFlight = new AbortController())
    const forOptions = (inFlightFor = asked.value)
    try {
      const legId = target.leg?.id ?? null
      const answer = await previewClose(target.position.id, legId, wanted, request.signal)
      if (!request.signal.aborted) take(answer, forOptions)
    } catch (failure) {
      if (!request.signal.aborted) fail(failure)
    } finally {
      if (inFlight === request) inFlightFor = null
    }
  }

  function take(answer: ClosePreview, forOptions: string): void {
    shown.value = answer
    shownFor.value = forOptions
    readAt.value = Date.now()
    error.value = null
  }

  function fail(failure: unknown): void {
    error.value = failure instanceof Error ? failure.message : String(failure)
    shownFor.value = null
  }

  function renew(): void {
    shownFor.value = null
    inFlightFor = null
    void read()
  }

  useIntervalFn(() => void read(), PREVIEW_EVERY_MS, { immediateCallback: true })
  watchDebounced(asked, () => void read(), { debounce: TYPING_MS })
  onScopeDispose(() => inFlight?.abort())

  return { preview, shown, error, readAt, renew }
}
