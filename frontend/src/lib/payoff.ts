/**
 * The payoff as a picture: P&L against spot, at the first expiry and today.
 *
 * Floats are good enough for a line on the screen. What is read off it as an amount is sent
 * beside it, exact.
 */
export const WIDTH = 240
export const HEIGHT = 84

/** Columns of equal length; a line that is not known is null. */
export interface PayoffPoints {
  spots: number[]
  atExpiry: number[] | null
  today: number[] | null
  /** At expiry as it was before something changed. */
  before?: number[] | null
}

export interface PayoffLines {
  before: string | null
  expiry: string | null
  today: string | null
  /** Between the line at expiry and zero; to be clipped above and below `zeroY`. */
  area: string | null
  zeroY: number
  x: (spot: number) => number
  /** Whether a spot is in the picture at all. */
  holds: (spot: number) => boolean
}

/** Room above and below, so that a line's own width is not cut off. */
const MARGIN = 4

interface Frame {
  first: number
  last: number
  top: number
  bottom: number
}

/** What the picture spans; null when there is nothing to draw. */
function frameOf({ spots, atExpiry, today, before }: PayoffPoints): Frame | null {
  const [first, last] = [spots[0], spots.at(-1)]
  const values = [atExpiry, today, before].flatMap((line) => line ?? [])
  if (first === undefined || last === undefined || values.length === 0) return null
  const [top, bottom] = [Math.max(0, ...values), Math.min(0, ...values)]
  return last > first ? { first, last, top, bottom } : null
}

/** Lay out the lines; null when there is nothing to draw. */
export function payoffLines(points: PayoffPoints): PayoffLines | null {
  const frame = frameOf(points)
  return frame && layOut(points, frame)
}

function layOut({ spots, atExpiry, today, before }: PayoffPoints, frame: Frame): PayoffLines {
  const { first, last, top, bottom } = frame
  const x = (spot: number): number => round(((spot - first) / (last - first)) * WIDTH)
  const perDollar = (HEIGHT - 2 * MARGIN) / (top - bottom || 1)
  const y = (pnl: number): number => round(MARGIN + (top - pnl) * perDollar)
  const line = (pnls: number[]): string =>
    pnls.map((pnl, index) => `${String(x(spots[index] ?? first))},${String(y(pnl))}`).join(' L')

  const zeroY = y(0)
  return {
    before: before ? `M${line(before)}` : null,
    expiry: atExpiry && `M${line(atExpiry)}`,
    today: today && `M${line(today)}`,
    area: atExpiry && `M0,${String(zeroY)} L${line(atExpiry)} L${String(WIDTH)},${String(zeroY)} Z`,
    zeroY,
    x,
    holds: (spot) => spot >= first && spot <= last,
  }
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10
