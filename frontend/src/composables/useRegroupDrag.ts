import { useEventListener } from '@vueuse/core'
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

import type { Leg, Position } from '@/api/types'
import { accepts, type Piece } from '@/lib/regroup'
import { useDeskStore } from '@/stores/desk'
import { useRegroupingStore } from '@/stores/regrouping'

export interface DropTarget {
  /** Something is being dragged that may be let go here. */
  welcome: ComputedRef<boolean>
  over: ShallowRef<boolean>
}

type Element = Readonly<ShallowRef<HTMLElement | null>>

/** Begin to drag a strategy or a leg; `shown` follows the pointer. */
export function pickUp(event: DragEvent, shown: HTMLElement | null): void {
  const { dataTransfer } = event
  if (dataTransfer === null) return
  dataTransfer.effectAllowed = 'move'
  // Firefox drags nothing without data.
  dataTransfer.setData('text/plain', '')
  if (shown !== null) dataTransfer.setDragImage(shown, 16, 16)
}

/** A strategy let go here joins this one; a leg moves here whole. */
export function useCardTarget(card: Element, position: () => Position): DropTarget {
  const desk = useDeskStore()
  const regrouping = useRegroupingStore()
  return useTarget(
    card,
    (piece) => accepts(position(), piece, desk.closes),
    ({ position: from, leg }) =>
      leg === null
        ? regrouping.merge([position(), from])
        : regrouping.move(from, wholeOf(leg), position()),
  )
}

/** A leg let go here becomes a strategy of its own. */
export function useOwnTarget(zone: Element): DropTarget {
  const regrouping = useRegroupingStore()
  return useTarget(zone, canStandAlone, ({ position: from, leg }) =>
    leg === null ? Promise.resolve(null) : regrouping.move(from, wholeOf(leg), null),
  )
}

function useTarget(
  element: Element,
  takes: (piece: Piece) => boolean,
  receive: (piece: Piece) => ReturnType<ReturnType<typeof useRegroupingStore>['merge']>,
): DropTarget {
  const regrouping = useRegroupingStore()
  const over = shallowRef(false)
  const welcome = computed(() => regrouping.dragged !== null && takes(regrouping.dragged))

  function enter(event: DragEvent): void {
    if (!welcome.value) return
    // What is not prevented here cannot be let go here.
    event.preventDefault()
    over.value = true
  }

  /** Moving onto a child leaves nothing. */
  function leave({ currentTarget, relatedTarget }: DragEvent): void {
    const inside = (currentTarget as HTMLElement).contains(relatedTarget as Node | null)
    if (!inside) over.value = false
  }

  function drop(event: DragEvent): void {
    const piece = regrouping.dragged
    over.value = false
    if (piece === null || !takes(piece)) return
    event.preventDefault()
    regrouping.dragged = null
    void regrouping.tellRefusal(receive(piece))
  }

  useEventListener(element, ['dragenter', 'dragover'], enter)
  useEventListener(element, 'dragleave', leave)
  useEventListener(element, 'drop', drop)

  return { welcome, over }
}

const wholeOf = ({ id, quantity }: Leg): { legId: string; quantity: number } => ({
  legId: id,
  quantity,
})

const canStandAlone = ({ position, leg }: Piece): boolean =>
  leg !== null && position.legs.length > 1
