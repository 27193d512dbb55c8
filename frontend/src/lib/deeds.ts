/** What happened to a strategy, in a trader's words. */
import type { Deed, Position } from '@/api/types'

import { formatPrice } from './money'
import { describeSymbol } from './occ'
import { nameOfTarget } from './target'

type Change = Deed['changes'][number]

const DEEDS: Record<Deed['deed'], string> = {
  opened: 'Opened',
  added: 'Added to',
  reduced: 'Closed in part',
  rolled: 'Rolled',
  assigned: 'Assigned',
  exercised: 'Exercised',
  expired: 'Expired',
  delivered: 'Shares delivered',
  adjusted: 'Corporate action',
  left: 'Left as it is',
  regrouped: 'Regrouped',
}

/** Deeds that are trades: what came was bought, what went was sold. */
const TRADES = new Set<Deed['deed']>(['opened', 'added', 'reduced', 'rolled', 'delivered'])

/** `Closed elsewhere` where Closeout did not do it. */
export function nameOfDeed({ deed, orderId }: Deed, { events }: Position): string {
  const isElsewhere = events.some(
    (event) => event.kind === 'traded_elsewhere' && event.orderId === orderId,
  )
  return isElsewhere ? 'Closed elsewhere' : DEEDS[deed]
}

/** `Sold 10 × SPY 520 Put 18 Dec 2026 at 2.05`. */
export function describeChange({ symbol, quantity, price }: Change, deed: Deed['deed']): string {
  const what = `${String(Math.abs(quantity))} × ${describeSymbol(symbol)}`
  const at = price === null ? '' : ` at ${formatPrice(price)}`
  return `${verbOf(quantity, deed)} ${what}${at}`
}

function verbOf(quantity: number, deed: Deed['deed']): string {
  if (TRADES.has(deed)) return quantity > 0 ? 'Bought' : 'Sold'
  if (deed === 'left') return quantity > 0 ? 'Long' : 'Short'
  return quantity > 0 ? '+' : '−'
}

/** Where contracts came from or went to, as far as those are still there. */
export function othersOf({ positionIds }: Deed, positions: readonly Position[]): string[] {
  const known = positions.filter(({ id }) => positionIds.includes(id))
  const gone = positionIds.length - known.length
  const names = known.map((position) => nameOfTarget({ position, leg: null }))
  return gone === 0 ? names : [...names, gone === 1 ? 'one that is gone' : `${String(gone)} that are gone`]
}
