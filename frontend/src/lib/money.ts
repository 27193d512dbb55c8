/**
 * Formatting of decimal strings, digit by digit: no value passes through a binary float.
 */

export const MISSING = '—'
const MINUS = '−'

export type Sign = -1 | 0 | 1
interface Digits {
  negative: boolean
  whole: string
  fraction: string
}

function digitsOf(value: string): Digits {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(value)
  if (!match) throw new RangeError(`not a decimal: ${value}`)
  const [, sign, whole = '0', fraction = ''] = match
  return { negative: sign === '-', whole, fraction }
}

export function signOf(value: string | null): Sign {
  if (value === null || !/[1-9]/.test(value)) return 0
  return value.startsWith('-') ? -1 : 1
}

/** Round half away from zero to at most `places` decimals. */
export function roundDecimal(value: string, places: number): string {
  const { negative, whole, fraction } = digitsOf(value)
  if (fraction.length <= places) return value
  const kept = BigInt(whole + fraction.slice(0, places))
  const rounded = kept + (Number(fraction.charAt(places)) >= 5 ? 1n : 0n)
  const digits = rounded.toString().padStart(places + 1, '0')
  const cut = digits.length - places
  const text = places ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits
  return negative && rounded !== 0n ? `-${text}` : text
}

/** Group the thousands and show at least `least` decimals; further ones only if not zero. */
function plain(value: string, least: number): string {
  const { whole, fraction } = digitsOf(value)
  const grouped = whole.replace(/^0+(?=\d)/, '').replace(/\B(?=(\d{3})+$)/g, ',')
  const needed = fraction.replace(/0+$/, '').padEnd(least, '0')
  return needed ? `${grouped}.${needed}` : grouped
}

function signed(value: string, shown: string, plus: boolean): string {
  const sign = signOf(value)
  if (sign < 0) return MINUS + shown
  return plus && sign > 0 ? `+${shown}` : shown
}

/** Dollars per share, every digit that was sent: `548.2`→`548.20`. */
export function formatPrice(value: string | null): string {
  return value === null ? MISSING : signed(value, plain(value, 2), false)
}

/** An underlying's price, to the cent. */
export function formatSpot(value: string | null): string {
  return formatPrice(value === null ? null : roundDecimal(value, 2))
}

/** A strike as traders write it: `540`, `62.5`. */
export function formatStrike(value: string | null): string {
  return value === null ? MISSING : plain(value, 0)
}

/** Dollars of a whole leg or strategy, to the cent; `plus` shows gains with their sign. */
export function formatDollars(value: string | null, { plus = false } = {}): string {
  if (value === null) return MISSING
  const cents = roundDecimal(value, 2)
  return signed(cents, `$${plain(cents, 2)}`, plus)
}

/** Dollars to the cent, without cents where there are none: `−$8,150`. */
export function formatRound(value: string | null): string {
  return formatDollars(value).replace(/\.00$/, '')
}

/** A part of a dollar, every digit that was sent: `$0.02685`. */
export function formatFraction(value: string | null): string {
  return value === null ? MISSING : signed(value, `$${plain(value, 2)}`, false)
}

/** Percent with one decimal and its sign. */
export function formatPercent(value: string | null): string {
  if (value === null) return MISSING
  const tenths = roundDecimal(value, 1)
  return signed(tenths, `${plain(tenths, 1)}%`, true)
}

/** The size of a price whose direction is told beside it. */
export function formatMagnitude(value: string | null): string {
  return value === null ? MISSING : plain(value, 2)
}

/** A net price in words, debit positive: `2.35 debit`, `1.10 credit`. */
export function formatNet(value: string | null): string {
  if (value === null) return MISSING
  const amount = plain(value, 2)
  const word = { [-1]: 'credit', 0: 'even', 1: 'debit' }[signOf(value)]
  return `${amount} ${word}`
}

/** Cash in words, received positive: `$2,350.00 paid`. */
export function formatCash(value: string | null): string {
  if (value === null) return MISSING
  const amount = `$${plain(roundDecimal(value, 2), 2)}`
  const word = { [-1]: ' paid', 0: '', 1: ' received' }[signOf(value)]
  return amount + word
}
