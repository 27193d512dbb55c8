import { describe, expect, it } from 'vitest'

import type { Walk } from '@/api/types'
import { aClose, aRawAttempt, aRawWalk, NOW } from '@/testing/builders'

import { describeHolding, describeProgress, formatWalkPrice } from './walk'

function aWalk(changes: Parameters<typeof aRawWalk>[0] = {}): Walk {
  const { walk } = aClose({ walk: aRawWalk(changes) })
  if (walk === null) throw new Error('it walks')
  return walk
}

describe('a walk', () => {
  it('says where it is, when it moves next, and what comes at its end', () => {
    expect(describeProgress(aWalk(), Date.parse(NOW))).toBe(
      'Price 3 of 12, next in 0:05 · 0:45 left, then it rests',
    )
  })

  it('counts down no time once it rests or crosses', () => {
    expect(describeProgress(aWalk({ resting: true }), Date.parse(NOW))).toBe('Price 3 of 12')
    expect(describeProgress(aWalk({ crossing: true }), Date.parse(NOW))).toBe('Price 3 of 12')
  })

  it.each([
    ['stale', 'Holding still: the quotes are old.'],
    ['at_worst', 'Holding still: it is at your worst price.'],
    ['something_new', 'Holding still: something new.'],
  ])('says of %s why it holds still', (holding, said) => {
    expect(describeHolding(aWalk({ holding }))).toBe(said)
  })

  it('says nothing of holding while it walks', () => {
    expect(describeHolding(aWalk())).toBeNull()
  })

  it('nor while it waits for its next price, as planned', () => {
    expect(describeHolding(aWalk({ holding: 'between_ticks' }))).toBeNull()
  })

  it('tells a package’s price as debit or credit, and a leg’s as its price', () => {
    const leg = aClose({ attempts: [aRawAttempt({ order_class: 'simple' })] })

    expect([formatWalkPrice(aClose(), '-1.31'), formatWalkPrice(leg, '1.31')]).toEqual([
      '1.31 credit',
      '1.31',
    ])
  })
})
