/** The report of a close in words. */
import type { CloseReport, Totals } from '@/api/types'

import { formatDollars, formatPercent, MISSING, roundDecimal, signOf } from './money'
import { formatElapsed } from './time'

type Cost = CloseReport['decision']['againstMid']

/** `2.5¢ a share worse, $25.00`: of what filled against a price. */
export function describeCost(cost: Cost): string {
  if (cost === null) return MISSING
  const sign = signOf(cost.cents)
  if (sign === 0) return 'even'
  const size = roundDecimal(cost.cents.replace('-', ''), 2).replace(/\.?0+$/, '')
  const dollars = formatDollars(cost.dollars.replace('-', ''))
  return `${size}¢ ${sign > 0 ? 'worse' : 'better'}, ${dollars}`
}

/** A share of the half-spread as percent: `0.35` → `35.0%`, without a plus; null stays open. */
export function describeSpread(share: string | null): string {
  return share === null ? MISSING : formatPercent(timesHundred(share)).replace('+', '')
}

/** Moves the point two digits, so that the amount stays exact. */
function timesHundred(share: string): string {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(share) ?? []
  const digits = fraction.padEnd(2, '0')
  const rest = digits.slice(2)
  return `${sign}${whole}${digits.slice(0, 2)}${rest ? `.${rest}` : ''}`
}

export function describeTime(seconds: number | null): string {
  return seconds === null ? MISSING : formatElapsed(seconds * 1000)
}

const TERMS: Record<NonNullable<Totals['terms']>, string> = {
  market: 'Market',
  limit: 'Fixed limit',
  patient: 'Patient',
  normal: 'Normal',
  urgent: 'Urgent',
  custom: 'Custom walk',
}

export const nameOfTerms = ({ terms }: Totals): string => (terms === null ? 'All' : TERMS[terms])
