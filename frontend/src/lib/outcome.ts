/** What to tell a person after an answer. Never says closed for submitted. */
import { ApiProblem } from '@/api/errors'
import type {
  Close,
  CloseLegResponse,
  CloseOrderResult,
  CloseStrategyResponse,
  PhaseName,
} from '@/api/types'

import { describeSymbol, parseOcc } from './occ'
import { formatDay } from './time'

export interface Notice {
  tone: 'success' | 'info' | 'warning' | 'error'
  title: string
  message: string
  /** Stays until dismissed: something is for the person to do. */
  sticky: boolean
}

interface Answer {
  status: 'success' | 'partial' | 'error'
  phase: PhaseName | null
  message: string | null
}

const ENDINGS: Partial<Record<PhaseName, Pick<Notice, 'tone' | 'title' | 'sticky'>>> = {
  closed: { tone: 'success', title: 'Closed', sticky: false },
  cancelled: { tone: 'info', title: 'Cancelled', sticky: false },
  rejected: { tone: 'error', title: 'Rejected', sticky: true },
  needs_attention: { tone: 'error', title: 'Needs attention', sticky: true },
}

/** Whether nothing more will come of a close in this phase. */
export const isEnding = (phase: PhaseName | null): phase is PhaseName =>
  phase !== null && phase in ENDINGS

/** The answer to Close Strategy, told for `what`, such as `SPY Iron Condor`. */
export function strategyNotice(response: CloseStrategyResponse, what: string): Notice {
  const { totalLegs: total, closedLegs: filled, orders } = response
  const notice = answerNotice(
    response,
    what,
    `${String(filled)} of ${String(total)} legs filled so far.`,
  )
  return response.status === 'partial' ? withRefusals(notice, orders) : notice
}

/** The answer to Close Leg. */
export function legNotice(response: CloseLegResponse, what: string): Notice {
  return answerNotice(response, what, 'Its order is with the broker.')
}

function answerNotice({ status, phase, message }: Answer, what: string, otherwise: string): Notice {
  const text = message ?? otherwise
  if (phase === 'unknown') return unknownNotice(what, message)
  const ending = phase ? ENDINGS[phase] : undefined
  if (ending) return { ...ending, title: `${ending.title}: ${what}`, message: text }
  if (status === 'success') return tell('info', `Submitted: ${what}`, text)
  if (status === 'partial') return tell('warning', `Only partly submitted: ${what}`, text)
  return tell('error', `Not closed: ${what}`, message ?? 'The broker accepted none of its orders.')
}

const tell = (tone: Notice['tone'], title: string, message: string): Notice => ({
  tone,
  title,
  message,
  sticky: tone === 'warning' || tone === 'error',
})

function unknownNotice(what: string, message: string | null): Notice {
  return tell(
    'warning',
    `Outcome unknown: ${what}`,
    message ?? 'The broker did not say. The order is being looked up; do not send another one.',
  )
}

function withRefusals(notice: Notice, orders: CloseOrderResult[]): Notice {
  const refused = orders.filter(({ status }) => status === 'failed')
  const lines = refused.map(
    ({ symbol, errorMessage }) => `${describeSymbol(symbol)}: ${errorMessage ?? 'refused'}`,
  )
  return { ...notice, message: [notice.message, ...lines].join(' ') }
}

/** How a tracked close ended, or null while it runs. */
export function endingNotice(close: Close): Notice | null {
  const ending = ENDINGS[close.phase]
  if (!ending) return null
  return { ...ending, title: `${ending.title}: ${nameOfClose(close)}`, message: close.message }
}

/** `SPY Iron Condor 18 Dec 2026`, or one leg of it: `SPY 540 Put 18 Dec 2026`. */
export function nameOfClose(close: Close): string {
  const [leg] = close.legs
  if (close.legId !== null && leg) return describeSymbol(leg.symbol)
  const [expiry] = close.legs.flatMap(({ symbol }) => parseOcc(symbol)?.expiry ?? []).toSorted()
  const when = expiry === undefined ? [] : [formatDay(expiry)]
  return [close.ticker, close.strategy, ...when].join(' ')
}

/** A request that was refused, or that nobody answered. */
export function failureNotice(error: unknown, doing: string): Notice {
  if (error instanceof ApiProblem) return tell('error', `${doing}: refused`, error.message)
  const text =
    'No answer from Closeout. It may or may not have taken the request; ' +
    'look at the card once the connection is back before doing anything else.'
  return tell('warning', `${doing}: outcome unknown`, text)
}
