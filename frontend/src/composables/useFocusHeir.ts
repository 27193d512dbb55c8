import { nextTick, watch } from 'vue'

import { useDeskStore } from '@/stores/desk'
import { useRegroupingStore } from '@/stores/regrouping'

/**
 * A dialog that was opened from a menu has nothing to give the focus back to, and an edit may take
 * its own button away: the focus then goes to the menu of the card that is left.
 */
export function useFocusHeir(): void {
  const desk = useDeskStore()
  const regrouping = useRegroupingStore()

  async function settle(): Promise<void> {
    const { heir, question } = regrouping
    if (heir === null || question !== null || !areShown(heir.among)) return
    regrouping.heir = null
    await nextTick()
    // An overlay gives the focus back in the frame after it has gone.
    requestAnimationFrame(() => {
      if (isFocusLost()) menuOf(heir.id)?.focus()
    })
  }

  /** Whether the stream has told of the strategies that the answer told of. */
  function areShown(ids: readonly string[] | null): boolean {
    if (ids === null) return true
    const shown = new Set(desk.positions.map(({ id }) => id))
    return shown.size === ids.length && ids.every((id) => shown.has(id))
  }

  watch([() => regrouping.heir, () => regrouping.question, () => desk.positions], settle, {
    flush: 'post',
  })
}

const isFocusLost = (): boolean =>
  document.activeElement === null || document.activeElement === document.body

const menuOf = (positionId: string): HTMLElement | null =>
  document.querySelector(`[data-position-id="${CSS.escape(positionId)}"] [data-testid="card-menu"]`)
