import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { RawClose, RawWalk } from '@/api/wire'
import { useDeskStore } from '@/stores/desk'
import {
  aClose,
  aRawAttempt,
  aRawClose,
  aRawCloseLeg,
  aRawLeg,
  aRawWalk,
} from '@/testing/builders'
import { allByTestId, byTestId, notices, wordsOf } from '@/testing/dom'
import { aServer, json, problem } from '@/testing/server'

import CloseProgress from './CloseProgress.vue'

const show = (changes: Partial<RawClose> = {}): VueWrapper =>
  mount(CloseProgress, { props: { close: aClose(changes) } })

describe('a walk', () => {
  const walking = (changes: Partial<RawWalk> = {}): VueWrapper =>
    mount(CloseProgress, { props: { close: aClose({ walk: aRawWalk(changes) }) } })

  it('shows the limit against mid, natural and worst, and why it holds still', () => {
    const walk = byTestId(walking({ holding: 'wide' }), 'walk')

    expect(walk.findAll('[data-price]').map(wordsOf)).toEqual([
      'Limit 1.31 debit',
      'Mid 1.29 debit',
      'Natural 1.35 debit',
      'Worst 1.40 debit',
    ])
    expect(byTestId(walk, 'holding').text()).toContain('too wide')
    expect(byTestId(walk, 'price-line').exists()).toBe(true)
  })

  it('is asked to go faster, and tells what was answered', async () => {
    const server = aServer()
    server.on('POST /api/closes/close-1/faster', () =>
      json({ close: aRawClose({ walk: aRawWalk({ pace: 'urgent' }) }), message: 'Urgent now.' }),
    )
    const close = walking()
    await byTestId(close, 'faster').trigger('click')

    expect((await notices())[0]).toContain('Urgent now.')
    expect(useDeskStore().closes[0]?.walk?.pace).toBe('urgent')
    expect(server.asked[0]?.body).toEqual({ started_at: '2026-11-23T14:59:45Z' })
  })

  it('is asked to rest at another limit, which starts from the present one', async () => {
    const server = aServer()
    server.on('POST /api/closes/close-1/limit', () =>
      json({ close: aRawClose({ walk: aRawWalk({ resting: true }) }), message: 'Resting.' }),
    )
    const close = walking()
    await byTestId(close, 'choose-limit').trigger('click')
    expect(byTestId(close, 'change-limit').attributes()).toHaveProperty('disabled')
    await close.find('[aria-label$="one cent more"]').trigger('click')
    // The next order of the close walks by now, and this price was chosen for the one before.
    await close.setProps({ close: aClose({ walk: aRawWalk({ started_at: '2026-11-23T15:00:00Z' }) }) })
    await byTestId(close, 'change-limit').trigger('submit')

    expect((await notices())[0]).toContain('Resting.')
    expect(server.asked[0]?.body).toEqual({
      started_at: '2026-11-23T14:59:45Z',
      limit_price: '1.32',
    })
  })

  it('tells why a change was refused, and keeps what was typed', async () => {
    const server = aServer()
    server.on('POST /api/closes/close-1/limit', () =>
      problem(409, 'beyond_worst', '1.52 is beyond your worst price of 1.40.'),
    )
    const close = walking()
    await byTestId(close, 'choose-limit').trigger('click')
    await byTestId(close, 'price-input').setValue('1.52')
    await byTestId(close, 'change-limit').trigger('submit')

    expect((await notices())[0]).toContain('beyond your worst price')
    expect(byTestId(close, 'price-input').element).toHaveProperty('value', '1.52')
  })

  it('offers to cross where it cannot go faster, and nothing once it cannot change', () => {
    expect(byTestId(walking({ pace: 'urgent' }), 'faster').text()).toBe('Cross now')
    expect(byTestId(walking({ changeable: false }), 'faster').exists()).toBe(false)
  })
})

describe('a running close', () => {
  it.each([
    ['sending', 'Sending'],
    ['unknown', 'Outcome unknown'],
    ['working', 'Working'],
    ['cancelling', 'Cancelling'],
    ['verifying', 'Verifying'],
    ['closed', 'Closed'],
    ['cancelled', 'Cancelled'],
    ['rejected', 'Rejected'],
    ['needs_attention', 'Needs attention'],
  ] as const)('in phase %s reads %s', (phase, label) => {
    const state = show({ phase, message: 'Why it is so.' }).find('[role="status"]')

    expect(state.text()).toContain(label)
    expect(state.text()).toContain('Why it is so.')
  })

  it('warns against sending again while the outcome is unknown', () => {
    expect(show({ phase: 'unknown', message: '' }).text()).toContain('do not send another one')
  })

  it.each([
    ['waiting', 'Waiting its turn'],
    ['sending', 'Sending'],
    ['unknown', 'Being looked up'],
    ['working', 'Working'],
    ['filled', 'Filled'],
    ['failed', 'Refused'],
    ['ended', 'Order over, contracts left'],
  ] as const)('shows a leg that is %s as %s', (status, label) => {
    const legs = [aRawCloseLeg(aRawLeg(), { status })]

    expect(byTestId(show({ legs }), 'close-leg-line').text()).toContain(label)
  })

  it('tells each leg’s side, fill and refusal', () => {
    const legs = [
      aRawCloseLeg(aRawLeg(), { filled_qty: 4, filled_avg_price: '1.3050' }),
      aRawCloseLeg(aRawLeg(), { leg_id: 'other', status: 'failed', error_message: 'No quantity.' }),
    ]
    const [first, second] = allByTestId(show({ legs }), 'close-leg-line').map((line) => line.text())

    expect(first).toMatch(/Buy to close 520 Put.*4 of 10 filled at 1\.305/)
    expect(second).toContain('No quantity.')
  })

  it('tells the limit and fills of its order', () => {
    const attempts = [
      aRawAttempt({ limit_price: '-1.34', filled_units: 4, net_fill_price: '-1.35', status: 'partially_filled' }),
    ]

    expect(byTestId(show({ attempts }), 'attempts').find('summary').text()).toBe(
      'Order 1: limit 1.34 credit, partially filled, 4 of 10 filled at 1.35 credit',
    )
  })

  it('offers to cancel only while that is possible', () => {
    expect(byTestId(show({ cancellable: false }), 'cancel-close').exists()).toBe(false)
    expect(byTestId(show(), 'cancel-close').exists()).toBe(true)
  })

  it('asks for a cancel once and tells what was answered', async () => {
    const server = aServer()
    server.on('POST /api/closes/close-1/cancel', () =>
      json({ close: aRawClose({ phase: 'cancelling' }), message: 'The cancel is on its way.' }),
    )
    const button = byTestId(show(), 'cancel-close')
    await Promise.all([button.trigger('click'), button.trigger('click')])
    await flushPromises()

    expect(server.asked.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(1)
    expect(await notices()).toEqual(['Cancel: SPY Iron Condor 18 Dec 2026The cancel is on its way.'])
  })

  it('tells why a cancel was refused', async () => {
    aServer().on('POST /api/closes/close-1/cancel', () =>
      problem(409, 'not_cancellable', 'It has filled already.'),
    )
    await byTestId(show(), 'cancel-close').trigger('click')

    expect((await notices()).join()).toContain('It has filled already.')
  })
})
