import { formatStrike } from './money'
import { formatDay } from './time'

export interface OccSymbol {
  underlying: string
  /** Calendar date, `2026-12-18`. */
  expiry: string
  optionType: 'Call' | 'Put'
  strike: string
}

/** Read an OCC option symbol such as `SPY261218P00540000`; null for a stock's symbol. */
export function parseOcc(symbol: string): OccSymbol | null {
  const match = /^(\S+?)\s*(\d\d)(\d\d)(\d\d)([CP])(\d{5})(\d{3})$/.exec(symbol)
  if (!match) return null
  const [, underlying = '', year = '', month = '', day = '', type, whole = '', thousandths = ''] =
    match
  return {
    underlying,
    expiry: `20${year}-${month}-${day}`,
    optionType: type === 'C' ? 'Call' : 'Put',
    strike: `${whole}.${thousandths}`,
  }
}

/** `SPY 540 Put 18 Dec 2026`, or the symbol itself for stock. */
export function describeSymbol(symbol: string): string {
  const occ = parseOcc(symbol)
  if (!occ) return symbol
  return `${occ.underlying} ${formatStrike(occ.strike)} ${occ.optionType} ${formatDay(occ.expiry)}`
}

/** `540 Put`: enough inside a strategy of one expiry. */
export function shortSymbol(symbol: string): string {
  const occ = parseOcc(symbol)
  return occ ? `${formatStrike(occ.strike)} ${occ.optionType}` : `${symbol} shares`
}
