import { describe, expect, it } from 'vitest'

import { parseUnits, portionOf, shortcuts } from './portion'

describe('a portion', () => {
  it.each([
    [10, 25, 2],
    [10, 75, 7],
    [3, 50, 1],
    [3, 25, 1],
    [1, 100, 1],
  ])('of %i at %i percent is %i whole units, and at least one', (total, percent, units) => {
    expect(portionOf(total, percent)).toBe(units)
  })

  it('offers only percentages that differ, each by the one that is nearest', () => {
    expect(shortcuts(2)).toEqual([
      { percent: 50, units: 1 },
      { percent: 100, units: 2 },
    ])
    expect(shortcuts(3).map(({ percent }) => percent)).toEqual([25, 75, 100])
    expect(shortcuts(1)).toEqual([{ percent: 100, units: 1 }])
  })

  it.each(['0', '11', '1.5', '-1', '', 'all', '1e1'])('is not %j of ten', (text) => {
    expect(parseUnits(text, 10)).toBeNull()
  })

  it.each([['1', 1], [' 10 ', 10]])('is %j of ten', (text, units) => {
    expect(parseUnits(text, 10)).toBe(units)
  })
})
