/** Who may go together with whom, as far as the page can tell; the server has the last word. */
import type { Close, Leg, Position } from '@/api/types'

import { runningCloses } from './desk'

/** What is being dragged, or what a dialog is about: a strategy, or one leg of it. */
export interface Piece {
  position: Position
  leg: Leg | null
}

/** The others on the same underlying: a strategy has only one. */
export function partners(position: Position, positions: readonly Position[]): Position[] {
  return positions.filter(({ id, ticker }) => ticker === position.ticker && id !== position.id)
}

/** Why a strategy cannot be regrouped now; null when it can. */
export function whyFixed(position: Position, closes: readonly Close[]): string | null {
  return runningCloses(closes, position).length > 0
    ? 'It is being closed. Wait until that has ended, or cancel it.'
    : null
}

/** Whether a piece may be let go over a strategy. */
export function accepts(target: Position, piece: Piece, closes: readonly Close[]): boolean {
  return (
    target.id !== piece.position.id &&
    target.ticker === piece.position.ticker &&
    whyFixed(target, closes) === null
  )
}

export type Change = 'merge' | 'move' | 'split' | 'rename'

/** What stands in the way of each change, in a few words. */
export function hindrances(
  position: Position,
  positions: readonly Position[],
  closes: readonly Close[],
): Record<Change, string | null> {
  if (whyFixed(position, closes) !== null) {
    const why = 'being closed'
    return { merge: why, move: why, split: why, rename: why }
  }
  const isAlone = partners(position, positions).length === 0
  const isOneLeg = position.legs.length === 1
  const isOneContract = isOneLeg && position.legs[0]?.quantity === 1
  return {
    merge: isAlone ? `no other ${position.ticker}` : null,
    move: isAlone && isOneContract ? 'nowhere to go' : null,
    split: isOneContract ? 'one contract' : null,
    rename: null,
  }
}
