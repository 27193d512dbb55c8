import { shallowRef, type ShallowRef } from 'vue'

import { getPositionHistory } from '@/api/positions'
import type { PositionHistory } from '@/api/types'

export interface ReadHistory {
  history: ShallowRef<PositionHistory | null>
  error: ShallowRef<string | null>
}

/** Everything known to have happened to a strategy, as of now. */
export function usePositionHistory(positionId: string): ReadHistory {
  const history = shallowRef<PositionHistory | null>(null)
  const error = shallowRef<string | null>(null)
  getPositionHistory(positionId).then(
    (answer) => (history.value = answer),
    (failure: unknown) => {
      error.value = failure instanceof Error ? failure.message : String(failure)
    },
  )
  return { history, error }
}
