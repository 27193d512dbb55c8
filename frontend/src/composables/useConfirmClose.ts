import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'

import { ApiProblem } from '@/api/errors'
import type { ClosePreview, OrderType } from '@/api/types'
import { runningCloses } from '@/lib/desk'
import { describeSend } from '@/lib/describe'
import { PREVIEW_STALE_FROM_MS } from '@/lib/freshness'
import { newKey } from '@/lib/key'
import type { CloseTarget } from '@/lib/target'
import { useClosingStore, type CloseOptions } from '@/stores/closing'
import { useDeskStore } from '@/stores/desk'

import { useClosePreview, type LivePreview } from './useClosePreview'
import { useServerNow } from './useServerNow'

export interface ConfirmClose extends LivePreview {
  orderType: ShallowRef<OrderType>
  /** The offset from mid of a strategy, or the limit of a leg; null is mid. */
  price: ShallowRef<string | null>
  /** What was typed as price cannot be read. */
  unreadable: ShallowRef<boolean>
  sending: ComputedRef<boolean>
  refusal: ShallowRef<string | null>
  canSend: ComputedRef<boolean>
  sendLabel: ComputedRef<string>
  send: () => Promise<void>
}

/** One confirmation: its options, its live preview, and the single sending. */
export function useConfirmClose(target: CloseTarget, done: () => void): ConfirmClose {
  const desk = useDeskStore()
  const closing = useClosingStore()
  const now = useServerNow()

  const orderType = shallowRef<OrderType>('market')
  const price = shallowRef<string | null>(null)
  const unreadable = shallowRef(false)
  const refusal = shallowRef<string | null>(null)
  let key = newKey()
  /** What went out under `key`: a repeat must say the same, although the market has moved. */
  let sent: CloseOptions | null = null
  let isDone = false

  const options = computed<CloseOptions | null>(() => {
    if (unreadable.value) return null
    const limit = orderType.value === 'limit' ? price.value : null
    return {
      orderType: orderType.value,
      limitPriceOffset: target.leg ? null : limit,
      limitPrice: target.leg ? limit : null,
    }
  })
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
    return preview === null ? 'Reading quotes…' : describeSend(preview)
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
    try {
      sent ??= asShown(options.value, live.preview.value)
      await closing.send(target, sent, key)
      finish()
    } catch (error) {
      refusal.value = error instanceof Error ? error.message : String(error)
      // A refusal is an answer, so the next try is a new request; silence is not.
      if (error instanceof ApiProblem) renewKey()
    }
  }

  // Options belong to the key: the same key with other options would be another order.
  watch(options, () => {
    renewKey()
    refusal.value = null
  })
  watch(
    () => sending.value && runningCloses(desk.closes, target.position).length > 0,
    (visible) => {
      if (visible) finish()
    },
  )

  return { ...live, orderType, price, unreadable, sending, refusal, canSend, sendLabel, send }
}

/** The options with the very limit that was shown: mid may have moved since. */
function asShown(options: CloseOptions, preview: ClosePreview | null): CloseOptions {
  const limitPrice = preview?.orders.length === 1 ? preview.orders[0]?.limitPrice : null
  return options.orderType === 'limit' && limitPrice != null
    ? { orderType: 'limit', limitPriceOffset: null, limitPrice }
    : options
}
