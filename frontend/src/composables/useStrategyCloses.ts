import { computed, nextTick, type ComputedRef } from 'vue'

import type { Close, Leg, Position } from '@/api/types'
import { runningCloses } from '@/lib/desk'
import { useClosingStore } from '@/stores/closing'
import { useDeskStore } from '@/stores/desk'

export interface StrategyCloses {
  running: ComputedRef<Close[]>
  /** The whole strategy is being closed. */
  closingStrategy: ComputedRef<boolean>
  /** The leg that is being closed on its own; the first of them when there are several. */
  closingLegId: ComputedRef<string | null>
  isLegClosing: (leg: Leg) => boolean
  handleCloseStrategy: () => void
  handleCloseLeg: (leg: Leg) => void
}

/** The closes of one strategy, and what its buttons do. State comes from the server's journal. */
export function useStrategyCloses(position: () => Position): StrategyCloses {
  const desk = useDeskStore()
  const closing = useClosingStore()

  const running = computed(() => runningCloses(desk.closes, position()))
  const closingStrategy = computed(
    () =>
      closing.isSending({ position: position(), leg: null }) ||
      running.value.some(({ legId }) => legId === null),
  )
  const closingLegId = computed(() => position().legs.find(isSingled)?.id ?? null)

  /** Sent on its own, or claimed by a close of its own. */
  function isSingled(leg: Leg): boolean {
    return (
      closing.isSending({ position: position(), leg }) ||
      running.value.some(({ legId }) => legId === leg.id)
    )
  }

  function isLegClosing(leg: Leg): boolean {
    return isSingled(leg) || closingStrategy.value
  }

  function handleCloseStrategy(): void {
    if (closingStrategy.value) showProgress(position())
    else closing.confirm({ position: position(), leg: null })
  }

  function handleCloseLeg(leg: Leg): void {
    if (isLegClosing(leg)) showProgress(position())
    else closing.confirm({ position: position(), leg })
  }

  return {
    running,
    closingStrategy,
    closingLegId,
    isLegClosing,
    handleCloseStrategy,
    handleCloseLeg,
  }
}

export const progressId = (position: Position): string => `progress-${position.id}`

/** A close is running already: bring it into sight instead of asking for another. */
function showProgress(position: Position): void {
  void nextTick(() => {
    const progress = document.getElementById(progressId(position))
    progress?.scrollIntoView({ block: 'nearest' })
    progress?.focus({ preventScroll: true })
  })
}
