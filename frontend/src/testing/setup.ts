import { enableAutoUnmount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach } from 'vitest'

enableAutoUnmount(afterEach)

// It is there but never calls back; without it every card counts as in sight.
Reflect.deleteProperty(globalThis, 'IntersectionObserver')

beforeEach(() => {
  setActivePinia(createPinia())
})

afterEach(() => {
  document.body.innerHTML = ''
})
