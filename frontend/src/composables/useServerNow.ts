import { createSharedComposable, useNow } from '@vueuse/core'
import { computed, type ComputedRef } from 'vue'

import { useDeskStore } from '@/stores/desk'

/** The server's time in milliseconds, once a second: one timer for the whole page. */
export const useServerNow = createSharedComposable((): ComputedRef<number> => {
  const now = useNow({ interval: 1000 })
  const desk = useDeskStore()
  return computed(() => now.value.getTime() + desk.clockOffset)
})
