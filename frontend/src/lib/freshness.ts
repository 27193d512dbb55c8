/** When a number on the screen is too old to trade on. Milliseconds. */

/** From here on a quote shows its age. */
export const QUOTE_AGES_FROM_MS = 15_000

/** From here on it is marked stale while the market is open. Far strikes often rest for a minute. */
export const QUOTE_STALE_FROM_MS = 180_000

/** A preview older than this is not confirmed on; it is re-read every two seconds. */
export const PREVIEW_STALE_FROM_MS = 8_000

export type Freshness = 'fresh' | 'aging' | 'stale'

/** A quote that stands still while the market is closed ages, but is not stale. */
export function quoteFreshness(ageMs: number | null, marketOpen: boolean | null): Freshness {
  if (ageMs === null || ageMs < QUOTE_AGES_FROM_MS) return 'fresh'
  return ageMs >= QUOTE_STALE_FROM_MS && marketOpen !== false ? 'stale' : 'aging'
}
