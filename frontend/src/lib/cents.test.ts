import { describe, expect, it } from 'vitest'

import { centsOf, formatCents, parseCents } from './cents'

describe('cents', () => {
  it.each([
    [5, '0.05'],
    [-120, '-1.2'],
    [-5, '−.05'],
    [100, ' 1 '],
    [0, '-0'],
  ])('reads %i from %s', (expected, text) => {
    expect(parseCents(text)).toBe(expected)
  })

  it.each(['', '.', '-', '1.234', '1,5', 'abc', '1e2', '--1'])('does not guess at "%s"', (text) => {
    expect(parseCents(text)).toBeNull()
  })

  it('prints what it reads', () => {
    for (const cents of [0, 1, -1, 99, -100, 123456]) {
      expect(parseCents(formatCents(cents))).toBe(cents)
    }
  })

  it('starts a stepper at the whole cent below a mid', () => {
    expect(centsOf('1.295')).toBe(129)
    expect(centsOf('-1.295')).toBe(-129)
    expect(centsOf(null)).toBeNull()
  })
})
