import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { PREVIEW_EVERY_MS } from '@/composables/useClosePreview'
import type { CloseTarget } from '@/lib/target'
import { useDeskStore } from '@/stores/desk'
import { aClose, aPosition, aRawPreview, aRawStrategyAnswer } from '@/testing/builders'
import { byTestId, notices } from '@/testing/dom'
import { aServer, json, problem, type FakeServer } from '@/testing/server'

import ConfirmClose from './ConfirmClose.vue'

const PREVIEW = 'POST /api/positions/spy-condor/close-preview'
const CLOSE = 'POST /api/positions/spy-condor/close-strategy'
const CLOSE_LEG = 'POST /api/positions/spy-condor/close-leg'

const MARKET_CLOSED = aRawPreview({
  problem: 'The market is closed; a market order would be refused.',
  problem_code: 'market_closed',
  limit_allowed: true,
  market_open: false,
})

describe('the confirmation', () => {
  let server: FakeServer
  let dialog: VueWrapper

  beforeEach(() => {
    vi.useFakeTimers()
    server = aServer()
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  async function settle(ms = 0): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms)
    await flushPromises()
  }

  async function open(target?: CloseTarget): Promise<void> {
    dialog = mount(ConfirmClose, {
      props: { target: target ?? { position: aPosition(), leg: null } },
      attachTo: document.body,
    })
    await settle(20)
  }

  const openLeg = (): Promise<void> => {
    const position = aPosition()
    return open({ position, leg: position.legs[1] ?? null })
  }

  const send = (): HTMLButtonElement => byTestId(dialog, 'confirm-send').element as HTMLButtonElement
  const previews = (): unknown[] =>
    server.asked.filter(({ path }) => path.endsWith('preview')).map(({ body }) => body)

  async function choose(type: 'market' | 'limit'): Promise<void> {
    await dialog.find(`input[value="${type}"]`).setValue(true)
    await settle(200)
  }

  async function type(price: string): Promise<void> {
    await byTestId(dialog, 'price-input').setValue(price)
    await settle(200)
  }

  it('says every leg, the order and the estimates, and has sent nothing', async () => {
    await open()
    const text = dialog.text()

    expect(text).toContain('Close 10 × SPY Iron Condor 18 Dec 2026?')
    expect(text).toMatch(/Sell to close\s*10\s*1\s*SPY 510 Put/)
    expect(text).toMatch(/Buy to close\s*10\s*1\s*SPY 520 Put/)
    expect(text).toMatch(/One multi-leg order\s*10 × the package, market, day/)
    expect(text).toMatch(/Natural.*1\.35 debit.*\$1,350\.00 paid.*\+\$500\.00/s)
    expect(text).toMatch(/Mid.*1\.29 debit.*\$1,290\.00 paid.*\+\$560\.00/s)
    expect(send().textContent).toContain('Send: close 10 × Iron Condor at market')
    expect(server.orders()).toEqual([])
  })

  it('cannot be sent before the preview has been read', async () => {
    server.on(PREVIEW, () => new Promise<Response>(() => undefined))
    await open()

    expect(send().disabled).toBe(true)
    expect(send().textContent).toContain('Reading quotes…')
  })

  it('cannot be sent when the preview fails, and says why', async () => {
    server.on(PREVIEW, () => problem(404, 'unknown_position', 'There is no such position now.'))
    await open()

    expect(send().disabled).toBe(true)
    expect(byTestId(dialog, 'preview-error').text()).toBe('There is no such position now.')
  })

  it('cannot be sent any more when a later preview fails', async () => {
    await open()
    expect(send().disabled).toBe(false)
    server.on(PREVIEW, () => Promise.reject(new TypeError('Failed to fetch')))
    await settle(PREVIEW_EVERY_MS)

    expect(send().disabled).toBe(true)
  })

  it('cannot be sent on quotes that have become old', async () => {
    await open()
    server.on(PREVIEW, () => new Promise<Response>(() => undefined))
    await settle(9_000)

    expect(send().disabled).toBe(true)
  })

  it('reads the preview anew every two seconds', async () => {
    await open()
    await settle(2 * PREVIEW_EVERY_MS)

    expect(previews()).toHaveLength(3)
  })

  it('puts no focus on the button that sends', async () => {
    await open()

    expect(document.activeElement).not.toBe(send())
  })

  it('sends once, however often it is pressed', async () => {
    server.on(CLOSE, () => new Promise<Response>(() => undefined))
    await open()
    const button = byTestId(dialog, 'confirm-send')
    await Promise.all([button.trigger('click'), button.trigger('click'), button.trigger('click')])
    await settle()
    send().click()
    await settle()

    expect(server.orders()).toHaveLength(1)
    expect(send().textContent).toContain('Sending…')
    expect(send().disabled).toBe(true)
  })

  it('does nothing on Enter in the price', async () => {
    await open()
    await choose('limit')
    await byTestId(dialog, 'price-input').trigger('keydown', { key: 'Enter' })
    await settle()

    expect(server.orders()).toEqual([])
  })

  it('goes away after the answer and says submitted, not closed', async () => {
    await open()
    send().click()
    await settle()

    expect(dialog.emitted('dismiss')).toHaveLength(1)
    expect((await notices())[0]).toMatch(/^Submitted: SPY Iron Condor/)
  })

  it('goes away as soon as the close is seen running, before the answer', async () => {
    server.on(CLOSE, () => new Promise<Response>(() => undefined))
    await open()
    send().click()
    await settle()
    useDeskStore().putClose(aClose())
    await settle()

    expect(dialog.emitted('dismiss')).toHaveLength(1)
  })

  it('stays with the reason after a refusal, and the next try is a new request', async () => {
    server.on(CLOSE, () => problem(409, 'market_closed', 'The market has just closed.'))
    await open()
    send().click()
    await settle()
    expect(byTestId(dialog, 'send-refusal').text()).toBe('The market has just closed.')
    expect(dialog.emitted('dismiss')).toBeUndefined()
    send().click()
    await settle()

    const keys = server.orders().map(({ headers }) => headers.get('Idempotency-Key'))
    expect(new Set(keys).size).toBe(2)
  })

  it('repeats the same request when nobody answered', async () => {
    server.on(CLOSE, () => Promise.reject(new TypeError('Failed to fetch')))
    await open()
    send().click()
    await settle()
    expect((await notices())[0]).toContain('outcome unknown')
    send().click()
    await settle()

    const keys = server.orders().map(({ headers }) => headers.get('Idempotency-Key'))
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  it.each([
    ['partial', 'working', /^Only partly submitted/],
    ['error', 'rejected', /^Rejected/],
    ['error', 'unknown', /^Outcome unknown/],
  ] as const)('tells an answer of %s in phase %s', async (status, phase, expected) => {
    server.on(CLOSE, () => json(aRawStrategyAnswer({ status, phase, message: 'Why.' })))
    await open()
    send().click()
    await settle()

    expect((await notices())[0]).toMatch(expected)
  })

  it('refuses a market order while the market is closed, and offers a day limit', async () => {
    server.on(PREVIEW, ({ body }) => {
      const { order_type: orderType } = body as { order_type: string }
      return json(orderType === 'market' ? MARKET_CLOSED : aRawPreview({ market_open: false }))
    })
    await open()
    const trouble = byTestId(dialog, 'preview-problem')
    expect(send().disabled).toBe(true)
    expect(trouble.text()).toContain('The market is closed')
    expect(trouble.text()).toContain('Tue 09:30 ET')

    await byTestId(dialog, 'use-limit').trigger('click')
    await settle(200)
    expect(byTestId(dialog, 'preview-problem').exists()).toBe(false)
    expect(send().disabled).toBe(false)
    expect(previews().at(-1)).toMatchObject({ order_type: 'limit' })
  })

  it('offers no limit where a limit would not help either', async () => {
    server.on(PREVIEW, () => json({ ...MARKET_CLOSED, limit_allowed: false }))
    await open()

    expect(byTestId(dialog, 'use-limit').exists()).toBe(false)
  })

  it('sends the offset from mid that was stepped to', async () => {
    await open()
    await choose('limit')
    const more = dialog.find('[aria-label$="one cent more"]')
    for (let step = 0; step < 3; step += 1) await more.trigger('click')
    await settle(200)
    send().click()
    await settle()

    expect(server.orders()[0]?.body).toMatchObject({ order_type: 'limit', limit_price_offset: '0.03' })
  })

  it('sends the very limit that was shown', async () => {
    const orders = aRawPreview().orders.map((order) => ({
      ...order,
      order_type: 'limit' as const,
      limit_price: '1.31',
    }))
    server.on(PREVIEW, () => json(aRawPreview({ orders })))
    await open()
    await choose('limit')
    await settle(200)
    send().click()
    await settle()

    expect(server.orders()[0]?.body).toMatchObject({
      order_type: 'limit',
      limit_price: '1.31',
      limit_price_offset: null,
    })
  })

  it('cannot be sent while the preview still shows other options', async () => {
    await open()
    await choose('limit')
    await byTestId(dialog, 'price-input').setValue('0.07')

    expect(send().disabled).toBe(true)
  })

  it('cannot be sent with a price that cannot be read', async () => {
    await open()
    await choose('limit')
    await type('1,5')

    expect(send().disabled).toBe(true)
    expect(byTestId(dialog, 'price-input').attributes('aria-invalid')).toBe('true')
  })

  it('explains the sign of an offset for a debit and for a credit', async () => {
    await open()
    await choose('limit')
    expect(dialog.text()).toContain('+ pays more')

    const [order] = aRawPreview().orders
    server.on(PREVIEW, () => json(aRawPreview({ orders: order ? [{ ...order, mid: '-1.29' }] : [] })))
    await settle(PREVIEW_EVERY_MS)
    expect(dialog.text()).toContain('+ receives less')
  })

  it('sends a leg close with its own limit', async () => {
    server.on(CLOSE_LEG, () =>
      json({ status: 'success', order: null, message: null, close_id: null, phase: 'working' }),
    )
    await openLeg()
    expect(dialog.text()).toContain('Close 10 × SPY 520 Put 18 Dec 2026?')
    await choose('limit')
    await type('1.30')
    send().click()
    await settle()

    expect(server.orders().map(({ path, body }) => [path, body])).toEqual([
      [
        '/api/positions/spy-condor/close-leg',
        { leg_id: 'leg-520p', order_type: 'limit', limit_price: '1.30' },
      ],
    ])
  })

  it('puts the gravest warning first', async () => {
    server.on(PREVIEW, () =>
      json(
        aRawPreview({
          warnings: [
            { code: 'note', severity: 'info', symbol: null, message: 'A note.' },
            { code: 'bad', severity: 'danger', symbol: null, message: 'Grave.' },
          ],
        }),
      ),
    )
    await open()

    expect(byTestId(dialog, 'warnings').text()).toMatch(/Danger: Grave\..*A note\./s)
  })

  it('lets go on Keep position without sending', async () => {
    await open()
    await byTestId(dialog, 'confirm-keep').trigger('click')

    expect(dialog.emitted('dismiss')).toHaveLength(1)
    expect(server.orders()).toEqual([])
  })
})
