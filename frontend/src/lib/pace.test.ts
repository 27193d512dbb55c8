import { describe, expect, it } from 'vitest'

import { CUSTOM_START, parseWalk } from './pace'

describe('a walk of one’s own', () => {
  it('takes percent of the way as exact shares', () => {
    expect(parseWalk({ budget: '90', interval: '10', start: '5', end: '75' })).toEqual({
      budgetSeconds: 90,
      intervalSeconds: 10,
      startShare: '0.05',
      endShare: '0.75',
    })
  })

  it('begins as the normal one', () => {
    expect(parseWalk(CUSTOM_START)).toMatchObject({ budgetSeconds: 60, endShare: '1.00' })
  })

  it.each([
    ['an interval longer than half its budget', { interval: '31' }],
    ['steps of one second', { interval: '1' }],
    ['a way back', { start: '60', end: '50' }],
    ['a way past natural', { end: '101' }],
    ['half a second', { interval: '0.5' }],
    ['nothing typed', { budget: '' }],
  ])('has no %s', (_, changes) => {
    expect(parseWalk({ ...CUSTOM_START, ...changes })).toBeNull()
  })
})
