import { describe, expect, it } from 'vitest'

import { describeSymbol, parseOcc, shortSymbol } from './occ'

describe('OCC symbols', () => {
  it('are read with their strike exact', () => {
    expect(parseOcc('SPY261218P00520500')).toEqual({
      underlying: 'SPY',
      expiry: '2026-12-18',
      optionType: 'Put',
      strike: '00520.500',
    })
  })

  it('are told as a trader would', () => {
    expect(describeSymbol('SPY261218P00520500')).toBe('SPY 520.5 Put 18 Dec 2026')
    expect(shortSymbol('BRKB270115C00400000')).toBe('400 Call')
  })

  it('leave a stock alone', () => {
    expect(parseOcc('NVDA')).toBeNull()
    expect(describeSymbol('NVDA')).toBe('NVDA')
    expect(shortSymbol('NVDA')).toBe('NVDA shares')
  })
})
