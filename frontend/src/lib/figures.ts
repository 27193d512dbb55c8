/** Numbers that a model computed for the screen; floats by nature, and no amounts of money. */
import { MISSING } from './money'

const MINUS = '−'

function signed(value: number, places: number): string {
  const text = Math.abs(value).toFixed(places)
  if (Number(text) === 0) return text
  return (value < 0 ? MINUS : '+') + text.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** A greek with its sign and about three digits that say something: `−0.019`, `+41.2`, `−1,335`. */
export function formatGreek(value: number): string {
  const size = Math.abs(value)
  return signed(value, size < 1 ? 3 : size < 10 ? 2 : size < 1000 ? 1 : 0)
}

/** A fraction as percent: `0.1875` → `18.8%`. */
export function formatShare(value: number | null): string {
  return value === null ? MISSING : `${(value * 100).toFixed(1)}%`
}

/** Dollars per share either way: `±26.91`. */
export function formatMove(value: number | null): string {
  return value === null ? MISSING : `±${value.toFixed(2)}`
}
