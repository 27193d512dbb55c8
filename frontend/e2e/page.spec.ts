import { expect, test } from './support/test'

import { expectAccessible } from './support/axe'
import { Desk } from './support/desk'

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme })

    test('the list is accessible and as wide as the window @phone', async ({ page }) => {
      const desk = new Desk(page)
      await desk.open()
      await expect(desk.cards.first()).toBeVisible()

      await expectAccessible(page)
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      )
      expect(overflow).toBeLessThanOrEqual(0)
    })

    test('the confirmation is accessible and sends nothing by itself @phone', async ({ page }) => {
      const desk = new Desk(page)
      await desk.open()
      await desk.cards.first().getByTestId('close-strategy').click()
      await expect(page.getByTestId('estimates')).toBeVisible()
      await expectAccessible(page)

      await page.keyboard.press('Enter')
      await expect(desk.dialog).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(desk.dialog).toBeHidden()
      await expect(page.getByTestId('close-progress')).toHaveCount(0)
      await expect(desk.cards.first().getByTestId('close-strategy')).toBeFocused()
    })
  })
}

test('mode, connections and market stay in sight while scrolling @phone', async ({ page }) => {
  const desk = new Desk(page)
  await desk.open()
  await expect(desk.cards.first()).toBeVisible()
  await desk.cards.last().scrollIntoViewIfNeeded()

  for (const part of [desk.modeBadge, desk.connection, desk.marketState]) {
    await expect(part).toBeInViewport()
  }
})

test('the chosen colours are remembered', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await new Desk(page).open()
  await page.getByTestId('theme-toggle').click()
  await page.reload()

  await expect(page.locator('html')).toHaveClass(/dark/)
})
