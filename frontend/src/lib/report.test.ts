import { describe, expect, it } from 'vitest'

import { describeCost, describeSpread, describeTime } from './report'

describe('a report', () => {
  it.each([
    [{ cents: '2.50', dollars: '25.00' }, '2.5¢ worse, $25.00'],
    [{ cents: '-1.0', dollars: '-10.00' }, '1¢ better, $10.00'],
    [{ cents: '10.00', dollars: '1000.00' }, '10¢ worse, $1,000.00'],
    [{ cents: '0.00', dollars: '0.00' }, 'even'],
    [null, '—'],
  ])('tells the cost %j as %s', (cost, told) => {
    expect(describeCost(cost)).toBe(told)
  })

  it.each([
    ['0.35', '35.0%'],
    ['0.3333', '33.3%'],
    ['-0.1', '−10.0%'],
    ['1', '100.0%'],
    [null, '—'],
  ])('tells a share of %s as %s', (share, told) => {
    expect(describeSpread(share)).toBe(told)
  })

  it('runs no clock for what was never flat', () => {
    expect([describeTime(23.4), describeTime(null)]).toEqual(['0:23', '—'])
  })
})
