import { describe, expect, it } from 'vitest'

import { ApiProblem, Unanswered } from '@/api/errors'
import { transformCloseLegResponse, transformCloseStrategyResponse } from '@/api/transform'
import type { PhaseName } from '@/api/types'
import type { RawCloseLegResponse, RawCloseStrategyResponse } from '@/api/wire'
import { aClose, aRawCloseLeg, aRawStrategyAnswer, CONDOR_LEGS } from '@/testing/builders'

import { endingNotice, failureNotice, isEnding, legNotice, nameOfClose, strategyNotice } from './outcome'

const strategy = (changes: Partial<RawCloseStrategyResponse>): ReturnType<typeof strategyNotice> =>
  strategyNotice(transformCloseStrategyResponse(aRawStrategyAnswer(changes)), 'SPY Iron Condor')

const leg = (changes: Partial<RawCloseLegResponse>): ReturnType<typeof legNotice> =>
  legNotice(
    transformCloseLegResponse({
      status: 'success',
      order: null,
      message: null,
      close_id: 'close-1',
      phase: 'working',
      ...changes,
    }),
    'SPY 520 Put',
  )

describe('the answer to a close', () => {
  it('says submitted, not closed, while the order works', () => {
    const notice = strategy({})

    expect(notice.title).toBe('Submitted: SPY Iron Condor')
    expect(`${notice.title} ${notice.message}`).not.toMatch(/closed/i)
  })

  it('counts what has filled when the server sends no sentence', () => {
    expect(strategy({ message: null, closed_legs: 1 }).message).toBe('1 of 4 legs filled so far.')
  })

  it('says closed only when the close has ended so', () => {
    expect(strategy({ phase: 'closed' })).toMatchObject({
      tone: 'success',
      title: 'Closed: SPY Iron Condor',
    })
  })

  it.each(['sending', 'working', 'cancelling', 'verifying', 'unknown', 'cancelled', 'rejected', 'needs_attention'] satisfies PhaseName[])(
    'does not say closed in phase %s',
    (phase) => {
      expect(strategy({ phase, message: null }).title).not.toMatch(/^Closed/)
    },
  )

  it('names the legs that were refused in a partial answer, and stays', () => {
    const [first, ...others] = aRawStrategyAnswer().orders
    const failed = { ...first, status: 'failed', error_message: 'insufficient qty' } as typeof others[0]
    const notice = strategy({ status: 'partial', orders: [failed, ...others] })

    expect(notice).toMatchObject({ tone: 'warning', sticky: true })
    expect(notice.message).toContain('SPY 510 Put 18 Dec 2026: insufficient qty')
  })

  it('gives the reason of a failure and keeps it on the screen', () => {
    expect(strategy({ status: 'error', phase: null, message: 'Buying power is short.' })).toEqual({
      tone: 'error',
      title: 'Not closed: SPY Iron Condor',
      message: 'Buying power is short.',
      sticky: true,
    })
  })

  it.each(['success', 'partial', 'error'] as const)(
    'warns against sending again while the outcome is unknown, whatever else is said: %s',
    (status) => {
      const notice = strategy({ status, phase: 'unknown', message: null })

      expect(notice).toMatchObject({ tone: 'warning', sticky: true })
      expect(notice.title).toBe('Outcome unknown: SPY Iron Condor')
      expect(notice.message).toContain('do not send another one')
    },
  )

  it('tells a leg the same way', () => {
    expect(leg({}).title).toBe('Submitted: SPY 520 Put')
    expect(leg({ status: 'error', phase: 'rejected', message: 'No.' })).toMatchObject({
      tone: 'error',
      title: 'Rejected: SPY 520 Put',
      message: 'No.',
    })
  })
})

describe('the end of a close', () => {
  it.each([
    ['success', false, 'closed'],
    ['info', false, 'cancelled'],
    ['error', true, 'rejected'],
    ['error', true, 'needs_attention'],
  ] as const)('is told as %s (stays: %s) for %s', (tone, sticky, phase) => {
    expect(endingNotice(aClose({ phase, message: 'Why.' }))).toMatchObject({
      tone,
      sticky,
      message: 'Why.',
    })
    expect(isEnding(phase)).toBe(true)
  })

  it('is nothing while the close runs', () => {
    expect(endingNotice(aClose({ phase: 'verifying' }))).toBeNull()
    expect(isEnding('verifying')).toBe(false)
    expect(isEnding(null)).toBe(false)
  })

  it('names a leg close by its contract', () => {
    const legs = CONDOR_LEGS.slice(1, 2).map((one) => aRawCloseLeg(one))

    expect(nameOfClose(aClose({ leg_id: 'leg-520p', legs }))).toBe('SPY 520 Put 18 Dec 2026')
    expect(nameOfClose(aClose())).toBe('SPY Iron Condor 18 Dec 2026')
  })
})

describe('a request that failed', () => {
  it('shows the detail of a problem document', () => {
    const refused = new ApiProblem(409, 'market_closed', 'The market opens Monday 09:30 ET.')

    expect(failureNotice(refused, 'Close SPY')).toMatchObject({
      tone: 'error',
      message: 'The market opens Monday 09:30 ET.',
    })
  })

  it('does not call silence a failure', () => {
    const notice = failureNotice(new Unanswered('cut'), 'Close SPY')

    expect(notice.title).toBe('Close SPY: outcome unknown')
    expect(notice.message).toContain('may or may not')
  })
})
