/** A preview in words: what the confirm button says it will do. */
import type { ClosePreview, PreviewOrder } from '@/api/types'

import { formatNet, formatPrice, signOf } from './money'
import { shortSymbol } from './occ'
import type { Pace } from './pace'
import { ACTIONS } from './phases'

/** The limit as its order class counts it: a signed net for a package, a price for one leg. */
export function describeLimit(order: PreviewOrder): string {
  if (order.orderType === 'market') return 'market'
  const price =
    order.orderClass === 'mleg' ? formatNet(order.limitPrice) : formatPrice(order.limitPrice)
  return `limit ${price}`
}

/**
 * A price of an order that was sent. Only a package can have a negative one, a credit; whether
 * a positive one is a debit or the price of a single leg, the order does not say.
 */
export function describeSentPrice(value: string | null): string {
  return signOf(value) < 0 ? formatNet(value) : formatPrice(value)
}

/** `Send: buy to close 10 × 540 Put at market`. */
export function describeSend(preview: ClosePreview): string {
  const [order, ...others] = preview.orders
  if (!order) return 'Nothing to send'
  if (others.length > 0) {
    return `Send ${String(preview.orders.length)} orders: close ${preview.ticker} ${preview.strategy}`
  }
  return `Send: ${describeSubject(order, preview.strategy)} at ${describeLimit(order)}`
}

/** `, normal pace, at worst 2.05 debit`: what becomes of the limit after it was sent. */
export function describePace(pace: Pace, preview: ClosePreview): string {
  const [order] = preview.orders
  const format = order?.orderClass === 'mleg' ? formatNet : formatPrice
  const worst = order?.worst == null ? 'no worst set' : `at worst ${format(order.worst)}`
  return `, ${pace} pace, ${worst}`
}

function describeSubject(order: PreviewOrder, strategy: string): string {
  const [leg] = order.legs
  if (order.orderClass === 'simple' && leg) {
    const action = ACTIONS[leg.action].toLowerCase()
    return `${action} ${String(leg.quantity)} × ${shortSymbol(leg.symbol)}`
  }
  return `close ${String(order.units)} × ${strategy}`
}
