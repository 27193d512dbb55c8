/** A walk in words: where it is, how long it goes on, and why it stands still. */
import type { Attempt, Close, Walk } from '@/api/types'

import { formatMagnitude, formatNet } from './money'
import { formatElapsed } from './time'

const HOLDING: Record<string, string> = {
  missing: 'a leg has no quote',
  crossed: 'a leg’s bid is above its ask',
  stale: 'the quotes are old',
  no_bid: 'a leg has lost its bid',
  wide: 'the market has become too wide to price from',
  improved: 'the market has come to the limit',
  at_worst: 'it is at your worst price',
  arrived: 'it stands where this walk ends',
}

const AT_END: Record<Walk['atEnd'], string> = {
  rest: 'then it rests',
  cancel: 'then it is cancelled',
  cross: 'then it crosses',
}

/** Why the limit does not move; null while it walks. */
export function describeHolding({ holding, resting, crossing }: Walk): string | null {
  if (resting) return 'Resting: the limit stays until it fills or you change it.'
  if (crossing) return 'Crossing: it follows natural, never beyond worst.'
  // Between two prices it does as planned, and its progress says when the next one is due.
  if (holding === null || holding === 'between_ticks') return null
  return `Holding still: ${HOLDING[holding] ?? holding.replaceAll('_', ' ')}.`
}

/** `Price 3 of 12, next in 0:04 · 0:41 left, then it rests`; times by the server's clock. */
export function describeProgress(walk: Walk, now: number): string {
  const price = `Price ${String(walk.step)} of ${String(walk.steps)}`
  if (walk.resting || walk.crossing) return price
  const next = walk.nextStepAt === null ? '' : `, next in ${until(walk.nextStepAt, now)}`
  return `${price}${next} · ${until(walk.endsAt, now)} left, ${AT_END[walk.atEnd]}`
}

const until = (instant: string, now: number): string => formatElapsed(Date.parse(instant) - now)

const latest = ({ attempts }: Close): Attempt | undefined => attempts.at(-1)

export const isPackage = (close: Close): boolean => latest(close)?.orderClass === 'mleg'

/** A price of the walk as its order counts it: a signed net for a package, else a plain price. */
export function formatWalkPrice(close: Close, price: string | null): string {
  return isPackage(close) ? formatNet(price) : formatMagnitude(price)
}
