/** The server's sentences with names a trader knows in place of symbols and ids. */
import type { Position } from '@/api/types'

import { describeSymbol } from './occ'
import { nameOfTarget } from './target'

const SYMBOL = /(\d+ )?\b([A-Z][A-Z0-9.]{0,6}\d{6}[CP]\d{8})\b/g
const POSITION = /\bpos_[0-9a-f]+\b/g

/** `2 SPY261218P00540000` → `2 × SPY 540 Put 18 Dec 2026`; with `positions`, ids as their names. */
export function inWords(text: string, positions?: readonly Position[]): string {
  const told = text.replace(SYMBOL, (_, count: string | undefined, symbol: string) =>
    count === undefined ? describeSymbol(symbol) : `${count}× ${describeSymbol(symbol)}`,
  )
  return positions === undefined ? told : withNames(told, positions)
}

function withNames(text: string, positions: readonly Position[]): string {
  const names = new Map(
    positions.map((position) => [position.id, nameOfTarget({ position, leg: null })]),
  )
  return text.replace(POSITION, (id) => names.get(id) ?? 'a strategy that is gone')
}
