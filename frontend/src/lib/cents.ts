/** Whole cents as integers, for a person's own limit: the steps of a stepper add exactly. */

/** Cents of a typed price such as `0.05`, `-1.2` or `.5`; null when it is not one. */
export function parseCents(text: string): number | null {
  const match = /^([+-]?)(\d{0,6})(?:\.(\d{0,2}))?$/.exec(text.trim().replace('−', '-'))
  if (!match || !/\d/.test(text)) return null
  const [, sign, whole = '', fraction = ''] = match
  const cents = Number(whole + fraction.padEnd(2, '0'))
  return sign === '-' && cents !== 0 ? -cents : cents
}

/** The decimal string that goes over the wire. */
export function formatCents(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Whole cents of a decimal string, cut off toward zero: where a stepper starts from. */
export function centsOf(value: string | null): number | null {
  const cut = value === null ? null : /^-?\d+(\.\d{1,2})?/.exec(value)
  return cut ? parseCents(cut[0]) : null
}
