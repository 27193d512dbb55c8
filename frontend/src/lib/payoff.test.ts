import { describe, expect, it } from 'vitest'

import { HEIGHT, payoffLines, WIDTH } from './payoff'

const SPREAD = { spots: [90, 100, 110], atExpiry: [-300, -300, 700], today: [-200, 0, 400] }

describe('the picture of a payoff', () => {
  it('spans the spots from edge to edge, and best to worst from top to bottom', () => {
    const lines = payoffLines(SPREAD)

    expect(lines?.expiry).toBe(`M0,${String(HEIGHT - 4)} L120,${String(HEIGHT - 4)} L${String(WIDTH)},4`)
    expect(lines?.x(95)).toBe(60)
  })

  it('keeps zero in sight, also where every outcome is a loss', () => {
    expect(payoffLines({ ...SPREAD, atExpiry: [-300, -200, -100], today: null })?.zeroY).toBe(4)
  })

  it('closes the area on the zero line', () => {
    const lines = payoffLines(SPREAD)
    const zero = String(lines?.zeroY)

    expect(lines?.area).toMatch(new RegExp(`^M0,${zero} L.* L${String(WIDTH)},${zero} Z$`))
  })

  it('draws one line when the other is not known, and nothing without any', () => {
    expect(payoffLines({ ...SPREAD, atExpiry: null })).toMatchObject({ expiry: null, area: null })
    expect(payoffLines({ ...SPREAD, atExpiry: null, today: null })).toBeNull()
    expect(payoffLines({ spots: [], atExpiry: [], today: [] })).toBeNull()
  })

  it('knows which spots it holds', () => {
    const lines = payoffLines(SPREAD)

    expect([89, 90, 110, 111].map((spot) => lines?.holds(spot))).toEqual([false, true, true, false])
  })
})
