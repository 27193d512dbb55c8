import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'

import StrategyCard from '@/components/position/StrategyCard.vue'
import { aPosition } from '@/testing/builders'
import { byTestId } from '@/testing/dom'

type Report = (entries: { isIntersecting: boolean }[]) => void

it('renders the legs of a card only near the window, and its head always', async () => {
  let report: Report = () => undefined
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(callback: Report) {
        report = callback
      }
      observe = vi.fn()
      disconnect = vi.fn()
    },
  )
  const card = mount(StrategyCard, { props: { position: aPosition() } })
  await card.vm.$nextTick()
  expect(byTestId(card, 'legs').exists()).toBe(false)
  expect(byTestId(card, 'close-strategy').exists()).toBe(true)

  report([{ isIntersecting: true }])
  await card.vm.$nextTick()
  expect(byTestId(card, 'legs').exists()).toBe(true)

  report([{ isIntersecting: false }])
  await card.vm.$nextTick()
  expect(byTestId(card, 'legs').exists()).toBe(false)
})
