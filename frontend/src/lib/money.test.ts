import { describe, expect, it } from 'vitest'

import {
  formatCash,
  formatDollars,
  formatFraction,
  formatMagnitude,
  formatNet,
  formatPercent,
  formatPrice,
  formatRound,
  formatSpot,
  formatStrike,
  roundDecimal,
  signOf,
} from './money'

describe('money', () => {
  it.each([
    ['—', null],
    ['$0.00', '0'],
    ['$1,234,567.80', '1234567.8'],
    ['−$350.00', '-350.000000'],
    ['$9,007,199,254,740,993.00', '9007199254740993'],
    ['$0.10', '0.1'],
  ])('shows dollars as %s for %s', (expected, value) => {
    expect(formatDollars(value)).toBe(expected)
  })

  it('says plus for a gain when asked, and never for nothing', () => {
    expect(formatDollars('12.5', { plus: true })).toBe('+$12.50')
    expect(formatDollars('0.00', { plus: true })).toBe('$0.00')
  })

  it('never shows a missing price as zero', () => {
    for (const format of [formatPrice, formatNet, formatCash, formatPercent, formatStrike]) {
      expect(format(null)).toBe('—')
    }
  })

  it('keeps the half cents of a mid, which a float of two places would lose', () => {
    expect(formatPrice('1.295')).toBe('1.295')
    expect(formatPrice('1.2950')).toBe('1.295')
    expect(formatPrice('4')).toBe('4.00')
  })

  it.each([
    ['1.29', '1.285', 2],
    ['-1.29', '-1.285', 2],
    ['0.00', '-0.001', 2],
    ['10.00', '9.999', 2],
    ['13', '12.5', 0],
    ['1.005', '1.005', 4],
  ])('rounds to %s from %s at %i places', (expected, value, places) => {
    expect(roundDecimal(value, places)).toBe(expected)
  })

  it('names the direction of a net price', () => {
    expect(formatNet('1.34')).toBe('1.34 debit')
    expect(formatNet('-1.1')).toBe('1.10 credit')
    expect(formatNet('0')).toBe('0.00 even')
  })

  it('names the direction of cash', () => {
    expect(formatCash('-1350')).toBe('$1,350.00 paid')
    expect(formatCash('416.005')).toBe('$416.01 received')
    expect(formatCash('0.00')).toBe('$0.00')
  })

  it('shows percents, strikes, spots and sizes as traders write them', () => {
    expect(formatPercent('-35.267')).toBe('−35.3%')
    expect(formatPercent('0.01')).toBe('0.0%')
    expect(formatStrike('520.000')).toBe('520')
    expect(formatStrike('62.50')).toBe('62.5')
    expect(formatSpot('548.2134')).toBe('548.21')
    expect(formatMagnitude('-1.295')).toBe('1.295')
  })

  it('leaves out cents only where there are none', () => {
    expect([formatRound('-8150.00'), formatRound('852.96'), formatRound(null)]).toEqual([
      '−$8,150',
      '$852.96',
      '—',
    ])
  })

  it('shows every digit of a part of a dollar', () => {
    expect([formatFraction('0.02685'), formatFraction('0.6')]).toEqual(['$0.02685', '$0.60'])
  })

  it('reads a sign without reading a number', () => {
    expect(signOf('-0.000')).toBe(0)
    expect(signOf('-0.0000000000000000001')).toBe(-1)
    expect(signOf(null)).toBe(0)
  })

  it('refuses what is no decimal rather than showing something', () => {
    expect(() => formatPrice('1e5')).toThrow(RangeError)
    expect(() => formatPrice('NaN')).toThrow(RangeError)
  })
})
