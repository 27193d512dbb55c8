import type { OutsideEvent, Position } from '@/api/types'

import { ageOf } from './time'

/** What is older is told by the history alone. */
const NEWS_MS = 7 * 24 * 60 * 60 * 1000

/** What came from outside lately, newest first, without what the card says already. */
export function newsOf({ events, orphan }: Position, now: number): OutsideEvent[] {
  const isNews = ({ at, kind, text }: OutsideEvent): boolean =>
    (ageOf(at, now) ?? 0) <= NEWS_MS && kind !== 'gone' && !orphan?.reason.startsWith(text)
  return events.filter(isNews).reverse()
}

/** What has gone without an order or event that says so; null when nothing has. */
export function goneFrom({ events }: Position): string | null {
  return events.find(({ kind }) => kind === 'gone')?.text ?? null
}
