/** The picture of a payoff in words, for who cannot see it. */
import type { Metrics } from '@/api/types'

import { formatDollars, formatPrice } from './money'

type Risk = NonNullable<Metrics['risk']>

export function describePayoff({ risk, worth }: Metrics): string {
  const now = `P&L now ${formatDollars(worth.pnlOpen, { plus: true })}.`
  return risk === null ? now : `${describeRisk(risk)} ${now}`
}

/** What can be won and lost by the first expiry, and where the one becomes the other. */
export function describeRisk(risk: Risk): string {
  const most = risk.unlimitedProfit ? 'without limit' : formatDollars(risk.maxProfit, { plus: true })
  const least = risk.unlimitedLoss ? 'without limit' : formatDollars(risk.maxLoss)
  const crossings = risk.breakEvens.map(formatPrice)
  const where = crossings.length > 0 ? `Break-even at ${crossings.join(' and ')}.` : 'No break-even.'
  return `At the first expiry: profit at most ${most}, loss at most ${least}. ${where}`
}
