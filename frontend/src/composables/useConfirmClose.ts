import { computed, reactive, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'

import { ApiProblem } from '@/api/errors'
import type { AgreedOptions } from '@/api/types'
import { emptyForm, optionsOf, type CloseForm } from '@/lib/closeForm'
import { runningCloses } from '@/lib/desk'
import { describePace, describeSend } from '@/lib/describe'
import { PREVIEW_STALE_FROM_MS } from '@/lib/freshness'
import { newKey } from '@/lib/key'
import { isPace } from '@/lib/pace'
import type { CloseTarget } from '@/lib/target'
import { useClosingStore } from '@/stores/closing'
import { useDeskStore } from '@/stores/desk'

import { useClosePreview, type LivePreview } from './useClosePreview'
import { useServerNow } from './useServerNow'

export interface ConfirmClose extends LivePreview {
  form: CloseForm
  sending: ComputedRef<boolean>
  refusal: ShallowRef<string | null>
  /** What had changed since the preview that was to be sent: nothing was. */
  moved: ShallowRef<string | null>
  canSend: ComputedRef<boolean>
  sendLabel: ComputedRef<string>
  send: () => Promise<void>
}

/** One confirmation: its options, its live preview, and the single sending. */
export function useConfirmClose(target: CloseTarget, done: () => void): ConfirmClose {
  const desk = useDeskStore()
  const closing = useClosingStore()
  const now = useServerNow()

  const form = reactive(emptyForm(target))
  const refusal = shallowRef<string | null>(null)
  const moved = shallowRef<string | null>(null)
  let key = newKey()
  /** What went out under `key`: a repeat must say the same, although the market has moved. */
  let sent: AgreedOptions | null = null
  let isDone = false

  const options = computed(() => optionsOf(form, target))
  const live = useClosePreview(target, () => options.value)
  const sending = computed(() => closing.isSending(target))

  const isCurrent = computed(
    () => now.value - desk.clockOffset - live.readAt.value < PREVIEW_STALE_FROM_MS,
  )
  const canSend = computed(() => {
    const preview = live.preview.value
    const readable = preview !== null && options.value !== null && live.error.value === null
    const sendable = preview?.problem === null && preview.orders.length > 0
    return readable && sendable && isCurrent.value && !sending.value
  })
  const sendLabel = computed(() => {
    if (sending.value) return 'Sending…'
    const preview = live.preview.value ?? live.shown.value
    if (preview === null) return 'Reading quotes…'
    return describeSend(preview) + (isPace(form.pricing) ? describePace(form.pricing, preview) : '')
  })

  function renewKey(): void {
    key = newKey()
    sent = null
  }

  function finish(): void {
    if (isDone) return
    isDone = true
    done()
  }

  async function send(): Promise<void> {
    if (!canSend.value || options.value === null) return
    refusal.value = null
    moved.value = null
    try {
      sent ??= { ...options.value, previewId: live.preview.value?.previewId }
      await closing.send(target, sent, key)
      finish()
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error)
      if (isStale(error)) moved.value = told
      else refusal.value = told
      // A refusal is an answer, so the next try is a new request; silence is not.
      if (error instanceof ApiProblem) renewKey()
      // Until the next one is read there is nothing to agree to.
      if (isStale(error)) live.renew()
    }
  }

  // Options belong to the key: the same key with other options would be another order.
  watch(options, () => {
    renewKey()
    refusal.value = null
    moved.value = null
  })
  watch(
    () => sending.value && runningCloses(desk.closes, target.position).length > 0,
    (visible) => {
      if (visible) finish()
    },
  )

  return { ...live, form, sending, refusal, moved, canSend, sendLabel, send }
}

const isStale = (error: unknown): boolean =>
  error instanceof ApiProblem && error.code === 'preview_stale'
