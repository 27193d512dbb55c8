import { describe, expect, it } from 'vitest'

import { aPosition } from '@/testing/builders'

import { inWords } from './inWords'

describe('a sentence of the server', () => {
  it('names contracts as traders do, with their number', () => {
    expect(inWords('Assigned: 2 SPY261218P00540000, SPY261218C00580500.')).toBe(
      'Assigned: 2 × SPY 540 Put 18 Dec 2026, SPY 580.5 Call 18 Dec 2026.',
    )
  })

  it('keeps adjusted roots apart from the plain one', () => {
    expect(inWords('turned TSLA261231C00420000 into TSLA1261231C00420000.')).toBe(
      'turned TSLA 420 Call 31 Dec 2026 into TSLA1 420 Call 31 Dec 2026.',
    )
  })

  it('names positions, also one that is gone', () => {
    const known = aPosition({ id: 'pos_0123abcd' })

    expect(inWords('long in pos_0123abcd and pos_ffff.', [known])).toBe(
      'long in SPY Iron Condor 18 Dec 2026 and a strategy that is gone.',
    )
  })

  it('keeps ids where it is not told what they are', () => {
    expect(inWords('long in pos_0123abcd')).toBe('long in pos_0123abcd')
  })

  it('leaves everything else alone', () => {
    expect(inWords('100 SPY bought at 440.00 in order 2f1e.')).toBe(
      '100 SPY bought at 440.00 in order 2f1e.',
    )
  })
})
