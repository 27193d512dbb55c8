import { expect, it } from 'vitest'

import { quoteFreshness } from './freshness'

it.each([
  ['fresh', 2_000, true],
  ['aging', 20_000, true],
  ['stale', 200_000, true],
  ['stale', 200_000, null],
  ['aging', 200_000, false],
  ['fresh', null, true],
] as const)('is %s at %s ms with the market open: %s', (expected, age, open) => {
  expect(quoteFreshness(age, open)).toBe(expected)
})
