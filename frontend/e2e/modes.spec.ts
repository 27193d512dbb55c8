import { expectAccessible } from './support/axe'
import { expect, test } from './support/test'

const KEYS = { ALPACA_API_KEY: 'test-key', ALPACA_SECRET_KEY: 'test-secret' }
const MODES = [
  { says: 'SIMULATED', settings: {} },
  { says: 'PAPER', settings: KEYS },
  { says: 'PAPER', settings: { ...KEYS, ALPACA_PAPER: 'False' } },
  { says: 'LIVE', settings: { ...KEYS, ALPACA_PAPER: 'false' } },
] as const

for (const { says, settings } of MODES) {
  test.describe(`with ${JSON.stringify(settings)}`, () => {
    test.use({ settings })

    test(`the page says ${says}`, async ({ desk }) => {
      await expect(desk.modeBadge).toContainText(says)
      await expectAccessible(desk.page)
    })
  })
}

test.describe('when the market is closed', () => {
  test.use({ scenario: 'closed-market' })

  test('a market order is refused beforehand and a limit waits for the session', async ({
    desk,
    simulator,
  }) => {
    await expect(desk.marketState).toContainText(/closed/i)
    const card = desk.card(/SPY Iron Condor/)
    await card.closeStrategy.first().click()
    await expect(desk.page.getByTestId('preview-problem')).toContainText('opens next')
    await expect(desk.sendButton).toBeDisabled()
    await expectAccessible(desk.page)

    await desk.page.getByTestId('use-limit').click()
    await desk.confirm()
    await expect(desk.cards.getByTestId('close-progress')).toHaveAttribute('data-phase', 'working')
    expect((await simulator.orders()).map(({ status }) => status)).toEqual([200])
    await desk.cards.getByTestId('cancel-close').click()
    await expect(desk.recentCloses).toContainText('Cancelled')
  })
})

test.describe('with an empty account', () => {
  test.use({ scenario: 'empty' })

  test('the page explains that there is nothing to close', async ({ desk }) => {
    await expect(desk.page.getByTestId('empty')).toBeVisible()
    await expectAccessible(desk.page)
  })
})

test.describe('with two hundred strategies', () => {
  test.use({ scenario: 'big' })

  test('every card is there', async ({ desk }) => {
    await expect(desk.cards).toHaveCount(200)
  })
})

test('a server that is gone is said to be gone', async ({ desk, closeout }) => {
  await closeout.kill()

  await expect(desk.page.getByTestId('stale-banner')).toBeVisible()
  await expect(desk.connection.locator('[data-link="page"]')).not.toHaveAttribute(
    'data-state',
    'up',
  )
  await expectAccessible(desk.page)
})
