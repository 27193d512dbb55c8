/**
 * How full the ring is: P&L as a share of the entry credit or debit, from -1 to 1.
 *
 * A picture, not an amount: floats are good enough here and are shown to nobody.
 */
const SHARES_PER_UNIT = 100

export function ringShare(
  totalPnl: string | null,
  netEntry: string | null,
  quantity: number,
): number {
  if (totalPnl === null || netEntry === null) return 0
  const entry = Math.abs(Number(netEntry)) * SHARES_PER_UNIT * quantity
  if (entry === 0) return 0
  return Math.max(-1, Math.min(1, Number(totalPnl) / entry))
}
