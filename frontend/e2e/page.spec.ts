import type { Locator, Page } from '@playwright/test'

import { expect, test } from './support/test'

import { expectAccessible } from './support/axe'
import { Desk } from './support/desk'

/** Pixels that the page is wider than its window; the dialog scrolls in a layer of its own. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const dialogs = Array.from(document.querySelectorAll('.el-overlay-dialog'))
    const layers = [document.documentElement, ...dialogs]
    return Math.max(...layers.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
  })

/** Press Tab until it has the focus, as a person would who has no mouse. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('Tab')
    await expect(wanted).toBeFocused({ timeout: 1 })
  }).toPass({ intervals: [0] })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme })

    test('the list is accessible and as wide as the window @phone', async ({ page }) => {
      const desk = new Desk(page)
      await desk.open()
      await expect(desk.cards.first()).toBeVisible()

      await expectAccessible(page)
      expect(await overflow(page)).toBeLessThanOrEqual(0)
    })

    test('the confirmation is accessible and sends nothing by itself @phone', async ({ page }) => {
      const desk = new Desk(page)
      await desk.open()
      await desk.cards.first().getByTestId('close-strategy').click()
      await expect(page.getByTestId('estimates')).toBeVisible()
      await expectAccessible(page)
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      await expect(desk.sendButton).toBeInViewport()

      await page.keyboard.press('Enter')
      await expect(desk.dialog).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(desk.dialog).toBeHidden()
      await expect(page.getByTestId('close-progress')).toHaveCount(0)
      await expect(desk.cards.first().getByTestId('close-strategy')).toBeFocused()
    })
  })
}

test('the history fits its window @phone', async ({ page, closeout }) => {
  const desk = new Desk(page)
  await desk.open()
  await desk.card(/TSLA/).closeStrategy.click()
  await desk.confirm()
  await expect(desk.recentCloses).toContainText('Closed')
  await page.goto(`${closeout.url}/#history`)
  await expect(page.getByTestId('report')).toBeVisible()

  await expectAccessible(page)
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  const box = await page.getByTestId('history').boundingBox()
  expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0)
})

test('a strategy is closed by the keyboard alone', async ({ desk, simulator }) => {
  await simulator.holdFills()
  const { page } = desk
  const card = desk.card(/TSLA/)
  await tabTo(page, card.closeStrategy)
  await page.keyboard.press('Enter')
  await expect(desk.sendButton).toBeEnabled()
  await tabTo(page, desk.sendButton)
  await page.keyboard.press('Enter')
  await expect(card.progress).toHaveAttribute('data-phase', 'working')

  await tabTo(page, card.cancel)
  await page.keyboard.press('Enter')
  await expect(desk.recentCloses).toContainText('Cancelled')
})

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
