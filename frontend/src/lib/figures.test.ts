import { describe, expect, it } from 'vitest'

import { formatGreek, formatMove, formatShare } from './figures'

describe('figures of a model', () => {
  it.each([
    [-0.0189, '−0.019'],
    [-1.94, '−1.94'],
    [41.23, '+41.2'],
    [-1335.4, '−1,335'],
    [-0.0002, '0.000'],
    [0, '0.000'],
  ])('shows %d as %s', (value, shown) => {
    expect(formatGreek(value)).toBe(shown)
  })

  it('show volatility as percent and a move either way', () => {
    expect([formatShare(0.1875), formatMove(26.913)]).toEqual(['18.8%', '±26.91'])
    expect([formatShare(null), formatMove(null)]).toEqual(['—', '—'])
  })
})
