/** What a close is aimed at: a whole strategy, or one leg of it. */
import type { Leg, Position } from '@/api/types'

import { formatStrike } from './money'

export interface CloseTarget {
  position: Position
  leg: Leg | null
}

export function nameOfTarget({ position, leg }: CloseTarget): string {
  if (leg === null) return `${position.ticker} ${position.strategy}`
  if (leg.strike === null) return `${leg.underlying} shares`
  return `${position.ticker} ${nameOfLeg(leg)}`
}

/** `540 Put`, or `shares`. */
export function nameOfLeg({ strike, optionType }: Leg): string {
  return strike === null || optionType === null
    ? 'shares'
    : `${formatStrike(strike)} ${optionType}`
}

/** One key for each thing that can be closed. */
export function keyOfTarget({ position, leg }: CloseTarget): string {
  return leg === null ? position.id : `${position.id}/${leg.id}`
}
