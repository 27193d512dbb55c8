/** What the page knows, and how each message of the stream changes it. */
import type { Close, Position, Status, StreamMessage, Unassigned } from '@/api/types'

export interface Desk {
  /** The server's run; null before the first snapshot. */
  epoch: string | null
  seq: number
  status: Status | null
  positions: readonly Position[]
  /** Parts of holdings that are in no position. */
  unassigned: readonly Unassigned[]
  /** Newest first. */
  closes: readonly Close[]
}

/** `repeated` was known already; after a `gap` the stream must be resumed from `seq`. */
export type Verdict = 'applied' | 'repeated' | 'gap'

type Message<Type extends StreamMessage['type']> = Extract<StreamMessage, { type: Type }>
type Quote = Message<'quotes'>['positions'][number]
type WalkMoved = Message<'quotes'>['walks'][number]
type Outlook = Message<'outlooks'>['positions'][number]

export const EMPTY_DESK: Desk = {
  epoch: null,
  seq: 0,
  status: null,
  positions: [],
  unassigned: [],
  closes: [],
}

export function applyMessage(desk: Desk, message: StreamMessage): [Desk, Verdict] {
  if (message.type === 'snapshot') return [fromSnapshot(message), 'applied']
  if (desk.epoch === null) return [desk, 'gap']
  if (message.seq <= desk.seq) return [desk, 'repeated']
  if (message.seq > desk.seq + 1) return [desk, 'gap']
  return [{ ...desk, ...changed(desk, message), seq: message.seq }, 'applied']
}

function fromSnapshot(message: Message<'snapshot'>): Desk {
  const { epoch, seq, status, positions, unassigned, closes } = message
  return { epoch, seq, status, positions, unassigned, closes: newestFirst(closes) }
}

function changed(desk: Desk, message: Exclude<StreamMessage, { type: 'snapshot' }>): Partial<Desk> {
  switch (message.type) {
    case 'positions':
      return { positions: message.positions, unassigned: message.unassigned }
    case 'quotes':
      return {
        positions: withQuotes(desk.positions, message.positions),
        closes: withWalks(desk.closes, message.walks),
      }
    case 'outlooks':
      return { positions: withOutlooks(desk.positions, message.positions) }
    case 'close':
      // Messages come in order, which the times in them need not: a clock may be set back.
      return { closes: replaced(desk.closes, message.close) }
    case 'status':
      return { status: message.status }
  }
}

/** Positions that did not move keep their identity, so that their cards are not rendered. */
function withQuotes(positions: readonly Position[], quotes: readonly Quote[]): Position[] {
  const moved = new Map(quotes.map((quote) => [quote.id, quote]))
  return positions.map((position) => {
    const quote = moved.get(position.id)
    return quote ? quoted(position, quote) : position
  })
}

/** Where running walks are in the market that has just moved. */
function withWalks(closes: readonly Close[], walks: readonly WalkMoved[]): readonly Close[] {
  if (walks.length === 0) return closes
  const moved = new Map(walks.map(({ closeId, walk }) => [closeId, walk]))
  return closes.map((close) => {
    const walk = moved.get(close.id)
    return walk ? { ...close, walk } : close
  })
}

function withOutlooks(positions: readonly Position[], outlooks: readonly Outlook[]): Position[] {
  const changed = new Map(outlooks.map((outlook) => [outlook.id, outlook]))
  return positions.map((position) => {
    const found = changed.get(position.id)
    if (!found) return position
    const { risk, outlook } = found
    return { ...position, metrics: { ...position.metrics, risk, outlook } }
  })
}

function quoted(position: Position, { legs, worth, ...quote }: Quote): Position {
  const moved = new Map(legs.map((leg) => [leg.id, leg]))
  return {
    ...position,
    ...quote,
    metrics: { ...position.metrics, worth },
    legs: position.legs.map((leg) => ({ ...leg, ...moved.get(leg.id) })),
  }
}

/** Put a close in; an older telling of it, which REST may still deliver, changes nothing. */
export function withClose(closes: readonly Close[], close: Close): readonly Close[] {
  const known = closes.find(({ id }) => id === close.id)
  if (known && Date.parse(known.updatedAt) > Date.parse(close.updatedAt)) return closes
  return replaced(closes, close)
}

function replaced(closes: readonly Close[], close: Close): Close[] {
  return newestFirst([close, ...closes.filter(({ id }) => id !== close.id)])
}

function newestFirst(closes: readonly Close[]): Close[] {
  return closes.toSorted((a, b) => Date.parse(b.openedAt) - Date.parse(a.openedAt))
}

/** Closes that have not ended and touch this strategy. */
export function runningCloses(closes: readonly Close[], position: Position): Close[] {
  return closes.filter(
    (close) =>
      !close.ended && (close.id === position.closeId || close.positionId === position.id),
  )
}
