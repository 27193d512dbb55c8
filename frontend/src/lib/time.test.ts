import { describe, expect, it } from 'vitest'

import { formatAge, formatDay, formatDaysLeft, formatElapsed, formatSession, formatSessionDay } from './time'

describe('time', () => {
  it.each([
    ['0 s', -400],
    ['12 s', 12_900],
    ['4 min', 4 * 60_000],
    ['3 h', 3 * 3_600_000],
    ['2 d', 50 * 3_600_000],
  ])('tells an age as %s for %i ms', (expected, ms) => {
    expect(formatAge(ms)).toBe(expected)
  })

  it.each([
    ['0:07', 7_000],
    ['12:40', 760_000],
    ['1:02:03', 3_723_000],
  ])('runs a clock to %s', (expected, ms) => {
    expect(formatElapsed(ms)).toBe(expected)
  })

  it('tells sessions in the exchange’s time, in winter and summer', () => {
    expect(formatSession('2026-11-23T14:30:00Z')).toBe('Mon 09:30 ET')
    expect(formatSession('2026-07-06T13:30:00Z')).toBe('Mon 09:30 ET')
    expect(formatSessionDay('2026-12-18T20:15:00Z')).toBe('18 Dec 15:15')
  })

  it('keeps a calendar date on its day in every time zone', () => {
    expect(formatDay('2026-12-18')).toBe('18 Dec 2026')
  })

  it.each([
    ['expired', -1],
    ['expires today', 0],
    ['1 day left', 1],
    ['25 days left', 25],
  ])('says %s at %i days', (expected, days) => {
    expect(formatDaysLeft(days)).toBe(expected)
  })
})
