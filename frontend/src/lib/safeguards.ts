/** What a person decides beforehand about two things that may go wrong with a close. */
import type { Leg } from '@/api/types'

import { signOf } from './money'

export type NoBid = 'include' | 'leave' | 'tick'
export type IfRefused = 'stop' | 'leg_in'

export const NO_BID = [
  { value: 'include', label: 'Include' },
  { value: 'leave', label: 'Leave' },
  { value: 'tick', label: 'One tick' },
] as const satisfies readonly { value: NoBid; label: string }[]

export const NO_BID_MEANS: Record<NoBid, string> = {
  include: 'closed with the rest; alone at market it may not fill',
  leave: 'the rest is closed, and it stays in the account',
  tick: 'the rest is closed first, then it is offered at the smallest price there is',
}

export const IF_REFUSED = [
  { value: 'stop', label: 'Stop' },
  { value: 'leg_in', label: 'Leg by leg' },
] as const satisfies readonly { value: IfRefused; label: string }[]

export const IF_REFUSED_MEANS: Record<IfRefused, string> = {
  stop: 'nothing more is sent, and you decide',
  leg_in: 'shorts are bought back first, each filled before the next order goes',
}

/** Long options whose quote says that nobody bids. A missing quote says nothing. */
export function bidlessOf(legs: readonly Leg[]): Leg[] {
  return legs.filter(
    ({ assetClass, direction, bid }) =>
      assetClass === 'us_option' && direction === 'Long' && bid !== null && signOf(bid) === 0,
  )
}
