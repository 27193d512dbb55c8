import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { RawClose } from '@/api/wire'
import {
  aClose,
  aRawAttempt,
  aRawClose,
  aRawCloseLeg,
  aRawLeg,
} from '@/testing/builders'
import { allByTestId, byTestId, notices } from '@/testing/dom'
import { aServer, json, problem } from '@/testing/server'

import CloseProgress from './CloseProgress.vue'

const show = (changes: Partial<RawClose> = {}): VueWrapper =>
  mount(CloseProgress, { props: { close: aClose(changes) } })

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
