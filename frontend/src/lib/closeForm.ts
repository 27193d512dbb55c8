/** What a person has filled in about a close, and the request that it makes. */
import type { CloseOptions } from '@/api/types'

import { CUSTOM_START, isPace, parseWalk, type AtEnd, type CustomWalk, type Pricing } from './pace'
import type { IfRefused, NoBid } from './safeguards'
import type { CloseTarget } from './target'

export interface CloseForm {
  /** Units of a strategy, or contracts of a leg. */
  quantity: number
  legIds: string[]
  pricing: Pricing
  /** The offset from mid of a strategy, or the limit of a leg; null is mid. */
  price: string | null
  custom: CustomWalk
  /** The limit nobody goes beyond, as a price or as P&L; null is natural. */
  worst: string | null
  worstAs: 'price' | 'pnl'
  atEnd: AtEnd
  /** What becomes of a long leg that nobody bids for. */
  noBid: NoBid
  /** What is done when the broker refuses the package as such. */
  ifRefused: IfRefused
  /** Open orders in the way are cancelled first. */
  cancelConflicting: boolean
  /** Fields whose text cannot be read: until it can, nothing is asked and nothing sent. */
  unreadable: { quantity: boolean; price: boolean; worst: boolean }
}

export function emptyForm(target: CloseTarget): CloseForm {
  return {
    quantity: totalOf(target),
    legIds: target.position.legs.map(({ id }) => id),
    pricing: 'market',
    price: null,
    custom: { ...CUSTOM_START },
    worst: null,
    worstAs: 'price',
    atEnd: 'rest',
    noBid: 'include',
    ifRefused: 'stop',
    cancelConflicting: false,
    unreadable: { quantity: false, price: false, worst: false },
  }
}

/** How much there is to close. */
export const totalOf = ({ position, leg }: CloseTarget): number => (leg ?? position).quantity

/** The request; null while something in it cannot be read. */
export function optionsOf(form: CloseForm, target: CloseTarget): CloseOptions | null {
  const price = priceOf(form, target)
  if (form.unreadable.quantity || price === null) return null
  return { ...portionOf(form, target), ...price, ...safeguardsOf(form) }
}

/** What is left as it is by default is not said. */
const safeguardsOf = ({ cancelConflicting, noBid, ifRefused }: CloseForm): CloseOptions => ({
  cancelConflicting: cancelConflicting || undefined,
  noBid: noBid === 'include' ? undefined : noBid,
  ifRefused: ifRefused === 'stop' ? undefined : ifRefused,
})

/** The whole is asked for as that, so that it is the whole also when it has just changed. */
function portionOf(form: CloseForm, target: CloseTarget): CloseOptions {
  const some = form.quantity === totalOf(target) ? undefined : form.quantity
  if (target.leg !== null) return { quantity: some }
  const chosen = form.legIds.length === target.position.legs.length ? undefined : form.legIds
  return { units: some, legIds: chosen }
}

function priceOf(form: CloseForm, target: CloseTarget): CloseOptions | null {
  if (form.pricing === 'market') return { orderType: 'market' }
  if (form.pricing !== 'limit') return walkOf(form)
  if (form.unreadable.price) return null
  const price = target.leg === null ? 'limitPriceOffset' : 'limitPrice'
  return { orderType: 'limit', [price]: form.price ?? undefined }
}

function walkOf(form: CloseForm): CloseOptions | null {
  const { pricing, worst, worstAs, atEnd, unreadable } = form
  const walk = pricing === 'custom' ? parseWalk(form.custom) : undefined
  if (!isPace(pricing) || walk === null || unreadable.worst) return null
  const bound = worstAs === 'price' ? 'worstPrice' : 'worstPnl'
  return { orderType: 'limit', pace: pricing, walk, [bound]: worst ?? undefined, atEnd }
}
