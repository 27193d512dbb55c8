import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { PREVIEW_EVERY_MS } from '@/composables/useClosePreview'
import type { CloseTarget } from '@/lib/target'
import { useDeskStore } from '@/stores/desk'
import { aClose, aPosition, aRawPreview, aRawStrategyAnswer, CONDOR_LEGS } from '@/testing/builders'
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

  it('names in its warnings the strategies and contracts, not their ids', async () => {
    const message = '4 of 10 SPY261218P00520000 are short here and long in pos_0e5e.'
    const netted = { code: 'netted', severity: 'warning' as const, message, symbol: null }
    server.on(PREVIEW, () => json(aRawPreview({ warnings: [netted] })))
    await open()

    expect(byTestId(dialog, 'warnings').text()).toContain(
      '4 of 10 × SPY 520 Put 18 Dec 2026 are short here and long in a strategy that is gone.',
    )
  })

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
    expect(server.orders()[1]?.body).toEqual(server.orders()[0]?.body)
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

  it('sends exactly what was shown, by the name of that preview', async () => {
    await open()
    await choose('limit')
    server.on(PREVIEW, () => json(aRawPreview({ preview_id: 'prv_2' })))
    await settle(PREVIEW_EVERY_MS)
    send().click()
    await settle()

    expect(server.orders()[0]?.body).toMatchObject({ order_type: 'limit', preview_id: 'prv_2' })
  })

  it('says what had changed when the preview no longer held, and asks again', async () => {
    await open()
    server.on(CLOSE, () => problem(409, 'preview_stale', 'The natural was 1.35 and is 1.52.'))
    server.on(PREVIEW, () => new Promise<Response>(() => undefined))
    send().click()
    await settle()
    expect(byTestId(dialog, 'preview-moved').text()).toContain('The natural was 1.35 and is 1.52.')
    expect(byTestId(dialog, 'send-refusal').exists()).toBe(false)
    expect(send().disabled).toBe(true)
    expect(server.orders()).toHaveLength(1)
  })

  it('sends the new preview after an old one was refused', async () => {
    await open()
    server.on(CLOSE, () => problem(409, 'preview_stale', 'The natural was 1.35 and is 1.52.'))
    server.on(PREVIEW, () => json(aRawPreview({ preview_id: 'prv_2' })))
    send().click()
    await settle(20)
    expect(byTestId(dialog, 'preview-moved').exists()).toBe(true)
    send().click()
    await settle()

    const asked = server.orders().map(({ body }) => (body as { preview_id: string }).preview_id)
    expect(asked).toEqual(['prv_1', 'prv_2'])
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
        { leg_id: 'leg-520p', order_type: 'limit', limit_price: '1.30', preview_id: 'prv_1' },
      ],
    ])
  })

  it('asks for a part of the units, by number or by share', async () => {
    await open()
    await dialog.find('[data-percent="25"]').trigger('click')
    await settle(200)
    expect(previews().at(-1)).toMatchObject({ units: 2 })

    await byTestId(dialog, 'quantity-input').setValue('7')
    await settle(200)
    send().click()
    await settle()
    expect(server.orders()[0]?.body).toMatchObject({ units: 7 })
  })

  it('asks for the whole without a number, so that it is the whole when it has just changed', async () => {
    await open()
    await dialog.find('[data-percent="50"]').trigger('click')
    await dialog.find('[data-percent="100"]').trigger('click')
    send().click()
    await settle()

    expect(server.orders()[0]?.body).not.toHaveProperty('units')
  })

  it('cannot be sent for more than there is', async () => {
    await open()
    await byTestId(dialog, 'quantity-input').setValue('11')
    await settle(200)

    expect(send().disabled).toBe(true)
    expect(byTestId(dialog, 'quantity-input').attributes('aria-invalid')).toBe('true')
  })

  it('asks for the chosen legs, and never for none', async () => {
    await open()
    for (const id of ['leg-510p', 'leg-590c']) {
      await dialog.find(`input[data-leg-id="${id}"]`).setValue(false)
    }
    await settle(200)
    expect(byTestId(dialog, 'leg-choice').text()).toContain('2 of 4 legs')
    expect(previews().at(-1)).toMatchObject({ leg_ids: ['leg-520p', 'leg-580c'] })

    await dialog.find('input[data-leg-id="leg-520p"]').setValue(false)
    expect(dialog.find('input[data-leg-id="leg-580c"]').attributes()).toHaveProperty('disabled')
  })

  it('asks for some contracts of a leg', async () => {
    await openLeg()
    await byTestId(dialog, 'quantity-input').setValue('3')
    await settle(200)

    expect(previews().at(-1)).toMatchObject({ leg_id: 'leg-520p', quantity: 3 })
    expect(byTestId(dialog, 'leg-choice').exists()).toBe(false)
  })

  it('asks for a pace with its worst and its end', async () => {
    await open()
    await dialog.find('input[value="normal"]').setValue(true)
    await byTestId(dialog, 'price-input').setValue('1.33')
    await dialog.find('input[value="cross"]').setValue(true)
    await settle(200)

    expect(previews().at(-1)).toEqual({
      leg_id: null,
      order_type: 'limit',
      pace: 'normal',
      worst_price: '1.33',
      at_end: 'cross',
    })
  })

  it('asks for a worst P&L instead of a price', async () => {
    await open()
    await dialog.find('input[value="urgent"]').setValue(true)
    await dialog.find('input[value="pnl"]').setValue(true)
    await byTestId(dialog, 'price-input').setValue('-200')
    await settle(200)

    expect(previews().at(-1)).toMatchObject({ pace: 'urgent', worst_pnl: '-200.00' })
    expect(previews().at(-1)).not.toHaveProperty('worst_price')
    expect(send().textContent).toContain('urgent pace')
  })

  it('takes no number typed as a price for a P&L', async () => {
    await open()
    await dialog.find('input[value="urgent"]').setValue(true)
    await byTestId(dialog, 'price-input').setValue('1.33')
    await dialog.find('input[value="pnl"]').setValue(true)
    await settle(200)

    expect(previews().at(-1)).not.toHaveProperty('worst_pnl')
    expect(previews().at(-1)).not.toHaveProperty('worst_price')
  })

  it('asks for a walk of one’s own only when it can be walked', async () => {
    await open()
    await dialog.find('input[value="custom"]').setValue(true)
    await dialog.find('[data-field="end"]').setValue('75')
    await settle(200)
    const walk = { budget_seconds: 60, interval_seconds: 5, start_share: '0.00', end_share: '0.75' }
    expect(previews().at(-1)).toMatchObject({ pace: 'custom', walk })

    await dialog.find('[data-field="interval"]').setValue('61')
    await settle(200)
    expect(send().disabled).toBe(true)
  })

  it('names open orders that are in the way, and offers to cancel them first', async () => {
    const conflict = {
      order_id: 'o-1',
      client_order_id: 'mine',
      close_id: null,
      status: 'new',
      order_class: 'simple',
      order_type: 'limit',
      limit_price: '0.40',
      submitted_at: null,
      legs: [],
      holds: true,
      message: 'Order o-1 holds contracts of SPY261218P00520000.',
    }
    server.on(PREVIEW, () => json(aRawPreview({ conflicts: [conflict] })))
    await open()

    expect(byTestId(dialog, 'conflicts').text()).toContain('Order o-1 holds contracts')
    expect(previews().at(-1)).not.toHaveProperty('cancel_conflicting')

    await byTestId(dialog, 'cancel-conflicting').setValue(true)
    await settle(200)
    expect(previews().at(-1)).toMatchObject({ cancel_conflicting: true })
  })

  it('puts the gravest warning first, and mere notes behind the order', async () => {
    server.on(PREVIEW, () =>
      json(
        aRawPreview({
          warnings: [
            { code: 'note', severity: 'info', symbol: null, message: 'A note.' },
            { code: 'odd', severity: 'warning', symbol: null, message: 'Odd.' },
            { code: 'bad', severity: 'danger', symbol: null, message: 'Grave.' },
          ],
        }),
      ),
    )
    await open()

    expect(dialog.text()).toMatch(/Danger: Grave\..*Warning: Odd\..*One multi-leg.*A note\./s)
  })

  it('lets go on Keep position without sending', async () => {
    await open()
    await byTestId(dialog, 'confirm-keep').trigger('click')

    expect(dialog.emitted('dismiss')).toHaveLength(1)
    expect(server.orders()).toEqual([])
  })

  describe('what is decided beforehand', () => {
    const bidless = (): CloseTarget => {
      const legs = CONDOR_LEGS.map((leg) => (leg.id === 'leg-510p' ? { ...leg, bid: '0.00' } : leg))
      return { position: aPosition({ legs }), leg: null }
    }
    const press = async (): Promise<void> => {
      await byTestId(dialog, 'confirm-send').trigger('click')
      await settle(20)
    }
    const pick = async (id: string, value: string): Promise<void> => {
      await byTestId(dialog, id).find(`input[value="${value}"]`).setValue(true)
      await settle(200)
    }

    it('asks about a long leg that nobody bids for, and sends what was chosen', async () => {
      await open(bidless())
      expect(byTestId(dialog, 'no-bid').text()).toContain('Nobody bids for Long 510 Put')
      expect(previews().at(-1)).not.toHaveProperty('no_bid')

      await pick('no-bid', 'leave')
      expect(byTestId(dialog, 'no-bid').text()).toContain('it stays in the account')
      expect(previews().at(-1)).toMatchObject({ no_bid: 'leave' })
      await press()

      expect(server.orders().map(({ body }) => body)).toMatchObject([{ no_bid: 'leave' }])
    })

    it('does not ask while every long leg has a bid, or none could be read', async () => {
      await open()
      expect(byTestId(dialog, 'no-bid').exists()).toBe(false)
      dialog.unmount()

      const legs = CONDOR_LEGS.map((leg) => ({ ...leg, bid: leg.direction === 'Long' ? null : '0.00' }))
      await open({ position: aPosition({ legs }), leg: null })
      expect(byTestId(dialog, 'no-bid').exists()).toBe(false)
    })

    it('does not leave the only leg that is to be closed', async () => {
      const { position } = bidless()
      await open({ position, leg: position.legs[0] ?? null })

      const choices = byTestId(dialog, 'no-bid').findAll('input')
      expect(choices.map((input) => input.attributes('value'))).toEqual(['include', 'tick'])
    })

    it('goes on leg by leg where it is told to, and shows those orders', async () => {
      const [order] = aRawPreview().orders
      const single = order && { ...order, order_class: 'simple' as const, legs: order.legs.slice(1, 2) }
      server.on(PREVIEW, ({ body }) => {
        const legIn = (body as { if_refused?: string }).if_refused === 'leg_in'
        return json(
          aRawPreview({ orders: order && single ? [{ ...order, instead: legIn ? [single] : [] }] : [] }),
        )
      })
      await open()
      expect(byTestId(dialog, 'instead').exists()).toBe(false)

      await pick('if-refused', 'leg_in')
      expect(byTestId(dialog, 'instead').text()).toContain('Buy to close 10 × 520 Put, market')
      await press()
      expect(server.orders().map(({ body }) => body)).toMatchObject([{ if_refused: 'leg_in' }])
    })

    it('does not ask about packages where one leg is closed', async () => {
      await openLeg()

      expect(byTestId(dialog, 'if-refused').exists()).toBe(false)
    })
  })
})
