import { mount, type VueWrapper } from '@vue/test-utils'
import { expect, it } from 'vitest'

import type { RawClose } from '@/api/wire'
import { aClose, aRawAttempt, aRawReport } from '@/testing/builders'
import { byTestId, wordsOf } from '@/testing/dom'

import CloseResult from './CloseResult.vue'

const show = (changes: Partial<RawClose>): VueWrapper =>
  mount(CloseResult, { props: { close: aClose(changes) } })

it('tells the net and the cash of a close', () => {
  const attempts = [aRawAttempt({ filled_units: 10, net_fill_price: '1.3300' })]
  const result = show({ phase: 'closed', attempts, cash: '-1330.00', closed_legs: 4 })

  expect(result.text()).toMatch(/SPY Iron Condor 18 Dec 2026\s*Closed.*at 1\.33.*\$1,330\.00 paid/s)
  expect(result.text()).toContain('4 of 4 legs filled')
})

it('carries the report of the close', () => {
  const result = mount(CloseResult, {
    props: { close: aClose({ phase: 'closed', report: aRawReport() }) },
  })

  expect(wordsOf(byTestId(result, 'report'))).toContain('Fill 1.30 debit against the market')
})

it('does not invent a price for a close that filled nothing', () => {
  const result = show({ phase: 'rejected', cash: '0.00', message: 'Alpaca refused the order.' })

  expect(result.text()).toContain('Alpaca refused the order.')
  expect(result.text()).not.toMatch(/\$|at \d/)
})

it('gives no one price to fills of several orders', () => {
  const filled = { filled_units: 5, net_fill_price: '1.33' }
  const attempts = [aRawAttempt(filled), aRawAttempt({ ...filled, client_order_id: 'co-2' })]

  expect(show({ phase: 'closed', attempts, cash: '-1330' }).text()).not.toContain('at 1.33')
})
