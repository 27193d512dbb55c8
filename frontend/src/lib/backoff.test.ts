import { expect, it } from 'vitest'

import { backoffMs } from './backoff'

it('doubles its longest wait up to fifteen seconds', () => {
  expect([0, 1, 2, 5, 60].map((attempt) => backoffMs(attempt, () => 1))).toEqual([
    500, 1_000, 2_000, 15_000, 15_000,
  ])
})

it('waits at least half of it, so that tabs spread out but do not hurry', () => {
  expect(backoffMs(3, () => 0)).toBe(2_000)
})
