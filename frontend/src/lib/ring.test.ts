import { expect, it } from 'vitest'

import { ringShare } from './ring'

it('is the share of the entry credit or debit, cut off at one', () => {
  expect(ringShare('925', '-1.85', 10)).toBe(0.5)
  expect(ringShare('-462.5', '1.85', 10)).toBe(-0.25)
  expect(ringShare('-9999', '-1.85', 10)).toBe(-1)
})

it('is empty when there is nothing to measure by', () => {
  expect([ringShare(null, '1', 1), ringShare('5', null, 1), ringShare('5', '0', 1)]).toEqual([0, 0, 0])
})
