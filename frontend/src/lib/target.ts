/** What a close is aimed at: a whole strategy, or one leg of it. */
import type { Leg, Position } from '@/api/types'

import { formatStrike } from './money'
import { formatDay } from './time'

export interface CloseTarget {
  position: Position
  leg: Leg | null
}

/** With its expiry, because the same strategy on the same underlying is often held twice. */
export function nameOfTarget({ position, leg }: CloseTarget): string {
  const what = leg === null ? position.strategy : nameOfLeg(leg)
  const expiry = (leg ?? position).expiryDate
  return [position.ticker, what, ...(expiry === null ? [] : [formatDay(expiry)])].join(' ')
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
