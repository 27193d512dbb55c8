import { createSharedComposable, useEventListener } from '@vueuse/core'
import { readonly, shallowRef, type Ref } from 'vue'

export type Place = 'desk' | 'history'

/** Which page is shown, as the address says after its `#`: it survives a reload and Back works. */
export const usePlace = createSharedComposable((): Readonly<Ref<Place>> => {
  const read = (): Place => (globalThis.location.hash === '#history' ? 'history' : 'desk')
  const place = shallowRef(read())
  useEventListener(globalThis, 'hashchange', () => {
    place.value = read()
  })
  return readonly(place)
})
