import { useIntersectionObserver } from '@vueuse/core'
import { shallowRef, type ShallowRef } from 'vue'

/** How far outside the window a card is already rendered: about two cards. */
const AHEAD = '800px 0px'

/** Whether an element is in sight or about to be; true where that cannot be observed. */
export function useNearViewport(
  element: Readonly<ShallowRef<HTMLElement | null>>,
): ShallowRef<boolean> {
  const near = shallowRef(false)
  const { isSupported } = useIntersectionObserver(
    element,
    (entries) => {
      near.value = entries.at(-1)?.isIntersecting ?? true
    },
    { rootMargin: AHEAD },
  )
  if (!isSupported.value) near.value = true
  return near
}
