import { expectAccessible } from './support/axe'
import { expect, test } from './support/test'

const CONDOR = /SPY Iron Condor × 2/
const WINGED = /SPY Broken-Wing Iron Condor × 3/

// Both cards are in sight: Chromium begins no drag from what was scrolled away after the press.
test.use({ viewport: { width: 1280, height: 1400 } })

test('strategies are merged by keyboard, a leg is dragged, and both are undone', async ({ desk }) => {
  const { page } = desk
  await expect(desk.cards).toHaveCount(11)
  await desk.card(WINGED).menu.press('Enter')
  await expect(page.locator('[data-action="merge"]')).toBeFocused()
  await expectAccessible(page, '.actions')
  await page.keyboard.press('Enter')
  await page.getByRole('radio', { name: CONDOR }).press('Space')
  await expectAccessible(page, '.el-dialog')
  await page.keyboard.press('Enter')

  await expect(desk.cards).toHaveCount(10)
  const merged = desk.cards.filter({ hasText: '730' })
  await expect(merged.getByTestId('leg-row')).toHaveCount(7)
  await expect(merged.getByTestId('card-menu')).toBeFocused()
  await expectAccessible(page, '[data-testid="undo-bar"]')
  await page.getByTestId('undo').click()
  await expect(desk.cards).toHaveCount(11)

  await desk.card(CONDOR).root.scrollIntoViewIfNeeded()
  const wing = desk.card(WINGED).legs.filter({ hasText: '730' })
  await wing.getByTestId('drag-leg').dragTo(desk.card(CONDOR).root, { steps: 5 })
  const taker = desk.cards.filter({ hasText: '730' })
  await expect(taker.getByTestId('leg-row')).toHaveCount(5)
  await expect(page.getByTestId('undo-bar')).toContainText('Moved 3 × SPY 730 Call')
  await page.getByTestId('undo').click()
  await expect(desk.card(WINGED).legs).toHaveCount(4)
  await expect(page.getByTestId('undo-bar')).toHaveCount(0)
})

test('what others have left behind is told, attached to its shares, or left', async ({
  desk,
  simulator,
}) => {
  await simulator.assign(await desk.symbolOf(/QQQ Put Credit Spread/, 'Short'), 3)
  await simulator.trade(await desk.symbolOf(/META Put Credit Spread/, 'Short'), 'buy', 1)
  const assigned = desk.card(/QQQ Long Put/).root
  const traded = desk.cards.filter({ hasText: 'META' })
  await expect(assigned.getByTestId('leftover')).toContainText('gone from the account')
  await expect(traded.getByTestId('leftover')).toContainText('Closed elsewhere: 1 × META 575 Put')
  await expectAccessible(desk.page, '.card--orphan')

  await assigned.getByRole('button', { name: 'Attach it to QQQ Shares' }).click()
  await expect(desk.cards.filter({ hasText: 'QQQ' }).getByTestId('leg-row')).toHaveCount(2)
  await traded.getByRole('button', { name: 'Leave it as it is' }).click()
  await expect(traded.getByTestId('leftover')).toContainText('which you leave as it is')
  await expect(desk.page.getByTestId('leftover')).toHaveCount(1)
  expect(await simulator.orders()).toEqual([])
})
