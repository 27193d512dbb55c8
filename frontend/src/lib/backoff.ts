const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * Milliseconds to wait before reconnection number `attempt`, counted from 0.
 *
 * Doubles up to fifteen seconds; the random half keeps many tabs from knocking at once.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return Math.round(ceiling * (0.5 + random() / 2))
}
