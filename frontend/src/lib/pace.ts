import { formatCents } from './cents'

/** How a close is priced: at market, at a limit that stands, or at one that walks. */
export type Pace = 'patient' | 'normal' | 'urgent' | 'custom'
export type Pricing = 'market' | 'limit' | Pace
export type AtEnd = 'rest' | 'cancel' | 'cross'

export const isPace = (pricing: Pricing): pricing is Pace =>
  pricing !== 'market' && pricing !== 'limit'

export const PRICINGS = [
  { value: 'patient', label: 'Patient', note: '5 min' },
  { value: 'normal', label: 'Normal', note: '60 s' },
  { value: 'urgent', label: 'Urgent', note: '15 s' },
  { value: 'custom', label: 'Custom', note: 'your walk' },
  { value: 'limit', label: 'Limit', note: 'stands still' },
  { value: 'market', label: 'Market', note: 'at once' },
] as const satisfies readonly { value: Pricing; label: string; note: string }[]

export const AT_END = [
  { value: 'rest', label: 'Rest' },
  { value: 'cancel', label: 'Cancel' },
  { value: 'cross', label: 'Cross' },
] as const satisfies readonly { value: AtEnd; label: string }[]

export const AT_END_MEANS: Record<AtEnd, string> = {
  rest: 'then it stays at its last limit until the session ends',
  cancel: 'then it is cancelled, and what has not filled is kept',
  cross: 'then it goes to natural and follows it, never beyond worst',
}

/** A walk of one's own, as it is typed: seconds, and percent of the way from mid to natural. */
export interface CustomWalk {
  budget: string
  interval: string
  start: string
  end: string
}

export const CUSTOM_START: CustomWalk = { budget: '60', interval: '5', start: '0', end: '100' }

/** Seconds, and shares of the way from mid (`0.00`) to natural (`1.00`) as decimal strings. */
export interface WalkTerms {
  budgetSeconds: number
  intervalSeconds: number
  startShare: string
  endShare: string
}

/** What was typed as a walk; null when it cannot be walked. */
export function parseWalk(custom: CustomWalk): WalkTerms | null {
  const budget = wholeNumber(custom.budget)
  const interval = wholeNumber(custom.interval)
  const start = wholeNumber(custom.start)
  const end = wholeNumber(custom.end)
  const hasTime = interval >= 2 && budget >= 2 * interval
  const goesForward = start >= 0 && end >= start && end <= 100
  if (!hasTime || !goesForward) return null
  return {
    budgetSeconds: budget,
    intervalSeconds: interval,
    startShare: formatCents(start),
    endShare: formatCents(end),
  }
}

const wholeNumber = (text: string): number => (/^\s*\d{1,5}\s*$/.test(text) ? Number(text) : NaN)
