import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'

import { listHistory } from '@/api/closes'
import type { Close, History, Totals } from '@/api/types'
import { useDeskStore } from '@/stores/desk'

export interface PastCloses {
  closes: ShallowRef<readonly Close[]>
  /** Of all of them first, then by how they were priced; null before they were read. */
  totals: ComputedRef<Totals[] | null>
  error: ShallowRef<string | null>
  hasMore: ComputedRef<boolean>
  more: () => Promise<void>
}

/** Ended closes, read anew whenever another one has ended. */
export function useHistory(): PastCloses {
  const desk = useDeskStore()
  const closes = shallowRef<readonly Close[]>([])
  const latest = shallowRef<History | null>(null)
  const error = shallowRef<string | null>(null)
  let reading = 0

  async function read(before: string | null): Promise<void> {
    const mine = (reading += 1)
    try {
      const answer = await listHistory(before)
      if (mine !== reading) return
      closes.value = before === null ? answer.closes : [...closes.value, ...answer.closes]
      latest.value = answer
      error.value = null
    } catch (failure) {
      if (mine === reading) error.value = failure instanceof Error ? failure.message : String(failure)
    }
  }

  const ended = computed(() => desk.closes.filter((close) => close.ended).length)
  watch(ended, () => void read(null), { immediate: true })

  return {
    closes,
    totals: computed(() => latest.value && [latest.value.totals, ...latest.value.byTerms]),
    error,
    hasMore: computed(() => latest.value?.nextBefore != null),
    more: () => read(latest.value?.nextBefore ?? null),
  }
}
