import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'

import type { PositionRisk } from '@/api/types'
import { aPosition } from '@/testing/builders'
import { byTestId, wordsOf } from '@/testing/dom'

import PreviewRisk from './PreviewRisk.vue'

const { risk, outlook } = aPosition().metrics
const BEFORE: PositionRisk = {
  risk,
  greeks: outlook?.greeks ?? null,
  payoff: outlook?.payoff ?? null,
}
const NAKED: PositionRisk = {
  ...BEFORE,
  risk: risk && { ...risk, maxLoss: null, unlimitedLoss: true, breakEvens: ['522.05'] },
}

it('sets the risk of what remains beside what it was, and marks a loss without limit', () => {
  const shown = mount(PreviewRisk, { props: { before: BEFORE, after: NAKED } })

  expect(wordsOf(shown)).toContain('Max loss −$8,150 no limit')
  expect(wordsOf(shown)).toContain('Break-even 518.15 · 581.85 522.05')
  expect(shown.find('td.loss').text()).toBe('no limit')
  expect(byTestId(shown, 'payoff').find('desc').text()).toContain('loss at most without limit')
})

it('leaves open what no model has told', () => {
  const unknown: PositionRisk = { risk: null, greeks: null, payoff: null }
  const shown = mount(PreviewRisk, { props: { before: null, after: unknown } })

  expect(wordsOf(shown)).toContain('Max loss — —')
  expect(byTestId(shown, 'payoff').exists()).toBe(false)
})
