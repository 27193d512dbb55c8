import type { Page } from '@playwright/test'

import { expectAccessible } from './support/axe'
import { Desk } from './support/desk'
import type { Simulator } from './support/processes'
import { expect, test } from './support/test'

const CONDOR = /SPY Iron Condor × 10/

/** The broker's id of the only order that was sent. */
async function orderId(page: Page): Promise<string> {
  const answer = await page.request.get('/api/closes')
  const { closes } = (await answer.json()) as { closes: { attempts: { order_id: string }[] }[] }
  return closes[0]?.attempts.at(-1)?.order_id ?? ''
}

async function sent(simulator: Simulator): Promise<number> {
  return (await simulator.orders()).length
}

test('a condor is confirmed, closed as one order, and gone in every browser', async ({
  desk,
  simulator,
  browser,
  closeout,
}) => {
  const other = new Desk(await browser.newPage({ baseURL: closeout.url }))
  await other.open()
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  await card.closeStrategy.click()

  await expect(desk.dialog).toContainText('One multi-leg order')
  await expect(desk.dialog.getByText('Buy to close')).toHaveCount(2)
  await expect(desk.dialog.getByText('Sell to close')).toHaveCount(2)
  await expect(desk.dialog).toContainText('debit')
  expect(await sent(simulator)).toBe(0)

  await desk.confirm()
  await expect(card.closeStrategy).toContainText('Closing…')
  await expect(card.progress).toHaveAttribute('data-phase', 'working')
  await expect(card.progress.getByTestId('close-leg-line')).toHaveCount(4)
  await expect(other.card(CONDOR).progress).toHaveAttribute('data-phase', 'working')
  await expectAccessible(desk.page)
  await expect(desk.recentCloses).not.toContainText('Closed')

  await simulator.releaseFills()
  await expect(desk.card(CONDOR).root).toHaveCount(0)
  await expect(other.card(CONDOR).root).toHaveCount(0)
  await expect(desk.recentCloses).toContainText('Closed')
  await expect(desk.notices.filter({ hasText: /closed/i }).first()).toBeVisible()
  await other.page.close()

  const [order, ...more] = await simulator.orders()
  expect(more).toEqual([])
  expect(Number(order?.body.qty)).toBe(10)
  const intents = order?.body.legs?.map((leg) => leg.position_intent) ?? []
  expect(intents.sort()).toEqual([
    'buy_to_close',
    'buy_to_close',
    'sell_to_close',
    'sell_to_close',
  ])
})

test('one leg is closed alone and the others stay together', async ({ desk, simulator }) => {
  const card = desk.card(CONDOR)
  await card.root.scrollIntoViewIfNeeded()
  await expect(card.legs).toHaveCount(4)
  await expect(card.legs.first().getByTestId('close-leg')).toBeDisabled()
  await card.legs.nth(1).getByTestId('close-leg').click()
  await expect(desk.dialog).toContainText('Buy to close')
  expect(await sent(simulator)).toBe(0)
  await desk.confirm()

  await expect(desk.recentCloses).toContainText('Closed')
  const rest = desk.cards.filter({ hasText: 'Custom (3 legs)' })
  await expect(rest).toHaveCount(1)
  expect((await simulator.orders()).map(({ body }) => body['position_intent'])).toEqual([
    'buy_to_close',
  ])
})

test('a refused close says why in the words of Alpaca', async ({ desk, simulator }) => {
  await simulator.fault({
    on: 'POST /v2/orders',
    kind: 'refuse',
    times: 1,
    status: 403,
    body: { code: 40310000, message: 'submit mleg order is disabled' },
  })
  await desk.card(CONDOR).closeStrategy.click()
  await desk.confirm()

  await expect(desk.notices.first()).toContainText('submit mleg order is disabled')
  await expect(desk.card(CONDOR).root).toHaveCount(1)
  await expect(desk.recentCloses).not.toContainText('Closed')
})

test('a partial fill is shown as partial, and the rest can be cancelled', async ({
  desk,
  simulator,
}) => {
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  await card.closeStrategy.click()
  await desk.confirm()
  await expect(card.progress).toHaveAttribute('data-phase', 'working')
  await simulator.fill(await orderId(desk.page), 4)

  const shrunk = desk.card(/SPY Iron Condor × 6/)
  await expect(shrunk.progress).toContainText('16 of 40 filled')
  await shrunk.cancel.click()

  await expect(desk.recentCloses).toContainText('Cancelled')
  await expect(shrunk.root).toHaveCount(1)
  await expect(shrunk.closeStrategy).toBeEnabled()
  expect(await sent(simulator)).toBe(1)
})

test('a part of the units is closed and the rest stays', async ({ desk, simulator }) => {
  await desk.card(CONDOR).closeStrategy.click()
  await desk.dialog.getByRole('button', { name: '25%' }).click()
  await expect(desk.sendButton).toContainText('close 2 × Iron Condor')
  await expect(desk.dialog.getByTestId('after')).toContainText('Short 8 × 630 Put')
  await desk.confirm()

  await expect(desk.card(/SPY Iron Condor × 8/).root).toHaveCount(1)
  await expect(desk.recentCloses).toContainText('Closed')
  expect((await simulator.orders()).map(({ body }) => Number(body.qty))).toEqual([2])
})

test('chosen legs are closed together and the others stay', async ({ desk, simulator }) => {
  await desk.card(CONDOR).closeStrategy.click()
  await desk.dialog.getByTestId('leg-choice').locator('summary').click()
  await desk.dialog.getByLabel('Long 620 Put').uncheck()
  await desk.dialog.getByLabel('Short 630 Put').uncheck()
  await expect(desk.dialog.getByTestId('preview-leg')).toHaveCount(2)
  await expectAccessible(desk.page)
  await desk.confirm()

  await expect(desk.recentCloses).toContainText('Closed')
  await expect(desk.card(/SPY Put Credit Spread × 10/).root).toHaveCount(1)
  expect((await simulator.orders())[0]?.body.legs).toHaveLength(2)
})

test('a close walks, is hurried, and rests where it is told to', async ({
  desk,
  simulator,
}) => {
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  await card.closeStrategy.click()
  await desk.price('Patient')
  await expect(desk.sendButton).toContainText('patient pace')
  await expectAccessible(desk.page, '.el-dialog')
  await desk.confirm()

  const walk = card.progress.getByTestId('walk')
  await expect(walk.getByTestId('walk-progress')).toContainText('of 15')
  await expect(walk.getByTestId('price-line')).toBeVisible()
  await expectAccessible(desk.page)
  await walk.getByTestId('faster').click()
  await expect(walk.getByTestId('walk-progress')).toContainText('of 12')

  await walk.getByTestId('choose-limit').click()
  await walk.getByRole('button', { name: 'one cent more' }).click()
  await walk.getByTestId('change-limit').click()
  await expect(walk.getByTestId('holding')).toContainText('Resting')
  await simulator.releaseFills()
  await expect(desk.recentCloses).toContainText('Closed')
})

test('an ended close leaves its report in the history', async ({ desk }) => {
  await desk.card(CONDOR).closeStrategy.click()
  await desk.confirm()
  await expect(desk.recentCloses).toContainText('Closed')

  await desk.page.getByRole('link', { name: 'History' }).click()
  const past = desk.page.getByTestId('past-close')
  await expect(past.getByTestId('report')).toContainText('At the decision')
  await expect(desk.page.getByTestId('totals')).toContainText('Market')
  await expectAccessible(desk.page)
  await desk.page.goBack()
  await expect(desk.cards.first()).toBeVisible()
})

test('an open order that holds the contracts is cancelled first when told to', async ({
  desk,
  simulator,
}) => {
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  const [leg] = await desk.page.evaluate(async () => {
    const answer = await fetch('/api/positions')
    const { positions } = (await answer.json()) as {
      positions: { strategy: string; quantity: number; legs: { symbol: string; direction: string }[] }[]
    }
    const condor = positions.find((each) => each.strategy === 'Iron Condor' && each.quantity === 10)
    return condor?.legs.filter(({ direction }) => direction === 'Short') ?? []
  })
  await simulator.order({
    symbol: leg?.symbol,
    qty: '10',
    side: 'buy',
    type: 'limit',
    limit_price: '0.05',
    time_in_force: 'day',
    position_intent: 'buy_to_close',
  })

  await card.closeStrategy.click()
  await expect(desk.dialog.getByTestId('conflicts')).toBeVisible()
  await expectAccessible(desk.page)
  await desk.dialog.getByTestId('cancel-conflicting').check()
  await desk.confirm()
  await expect(card.progress).toHaveAttribute('data-phase', 'working')
})

test('a working limit order is cancelled without a trace', async ({ desk, simulator }) => {
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  await card.closeStrategy.click()
  await desk.price('Limit')
  await expect(desk.sendButton).toContainText('debit')
  await expect(desk.sendButton).toBeEnabled()
  const shown = await desk.sendButton.evaluate((button: HTMLElement) => {
    const text = button.textContent
    button.click()
    return /([\d.]+) debit/.exec(text)?.[1]
  })
  await expect(card.progress).toHaveAttribute('data-phase', 'working')
  await card.cancel.click()

  await expect(desk.recentCloses).toContainText('Cancelled')
  await expect(desk.card(CONDOR).root).toHaveCount(1)
  const [order] = await simulator.orders()
  expect(Number(order?.body['limit_price'])).toBe(Number(shown))
})

test('a close goes on after the server was killed in the middle', async ({
  desk,
  simulator,
  closeout,
}) => {
  await simulator.holdFills()
  const card = desk.card(CONDOR)
  await card.closeStrategy.click()
  await desk.confirm()
  await expect(card.progress).toHaveAttribute('data-phase', 'working')

  await closeout.kill()
  await expect(desk.page.getByTestId('stale-banner')).toBeVisible()
  await closeout.start()
  await expect(desk.page.getByTestId('stale-banner')).toBeHidden({ timeout: 20_000 })
  await expect(card.progress).toHaveAttribute('data-phase', 'working')

  await simulator.releaseFills()
  await expect(card.root).toHaveCount(0, { timeout: 20_000 })
  await expect(desk.recentCloses).toContainText('Closed')
  expect(await sent(simulator)).toBe(1)
})

test('two tabs that confirm at once send one order', async ({
  desk,
  simulator,
  browser,
  closeout,
}) => {
  await simulator.holdFills()
  const other = new Desk(await browser.newPage({ baseURL: closeout.url }))
  await other.open()
  for (const each of [desk, other]) {
    await each.card(CONDOR).closeStrategy.click()
    await expect(each.sendButton).toBeEnabled()
  }
  // Playwright's own click waits for an enabled button, and the faster tab disables the other's.
  const press = (button: HTMLElement): void => {
    button.click()
  }
  await Promise.all([desk.sendButton.evaluate(press), other.sendButton.evaluate(press)])

  for (const each of [desk, other]) {
    await expect(each.card(CONDOR).progress).toHaveAttribute('data-phase', 'working')
  }
  expect(await sent(simulator)).toBe(1)
  await other.page.close()
})

test('an answer that was lost is looked up, not sent again', async ({ desk, simulator }) => {
  await simulator.fault({ on: 'POST /v2/orders', kind: 'gateway_timeout_after', times: 1 })
  await desk.card(CONDOR).closeStrategy.click()
  await desk.confirm()

  await expect(desk.card(CONDOR).root).toHaveCount(0)
  await expect(desk.recentCloses).toContainText('Closed')
  expect(await sent(simulator)).toBe(1)
})

test('a covered call buys the call back before the shares go', async ({ desk, simulator }) => {
  await desk.card(/NVDA Covered Call/).closeStrategy.click()
  await desk.confirm()

  await expect(desk.recentCloses).toContainText('Closed')
  const sides = (await simulator.orders()).map(({ body }) => body['side'])
  expect(sides).toEqual(['buy', 'sell'])
})
