/**
 * Prices of one package on one line, the better for the trader further left.
 *
 * A picture: floats place the marks and are shown to nobody.
 */
export type MarkName = 'mid' | 'limit' | 'natural' | 'worst'
export type Prices = Partial<Record<MarkName, string | null>>

export interface Mark {
  name: MarkName
  /** From 0, the best of them, to 1, the worst. */
  share: number
}

/** Drawn in this order, so that what the trader has set lies on top of what the market says. */
const ORDER: readonly MarkName[] = ['mid', 'natural', 'worst', 'limit']

/** Place what is known; empty while fewer than two different prices are. */
export function placeMarks(prices: Prices): Mark[] {
  const known = ORDER.flatMap((name) => {
    const price = prices[name]
    return price == null ? [] : [{ name, price: Number(price) }]
  })
  const lowest = Math.min(...known.map(({ price }) => price))
  const span = Math.max(...known.map(({ price }) => price)) - lowest
  if (known.length < 2 || span === 0) return []
  const share = (price: number): number => (price - lowest) / span
  return known.map(({ name, price }) => ({
    name,
    share: isSale(prices) ? 1 - share(price) : share(price),
  }))
}

/**
 * Whether more is better. A net price is lower the better it is, a debit smaller and a credit
 * further below zero; only a plain price that one sells at has its natural below its mid.
 */
function isSale({ mid, natural }: Prices): boolean {
  return mid != null && natural != null && Number(natural) < Number(mid)
}
