import { expect, type Locator, type Page } from '@playwright/test'

/** The page, in the words a trader would use for it. */
export class Desk {
  readonly modeBadge: Locator
  readonly connection: Locator
  readonly marketState: Locator
  readonly cards: Locator
  readonly recentCloses: Locator
  readonly dialog: Locator
  readonly sendButton: Locator
  readonly notices: Locator

  constructor(readonly page: Page) {
    this.modeBadge = page.getByTestId('mode-badge').first()
    this.connection = page.getByTestId('connection')
    this.marketState = page.getByTestId('market-state')
    this.cards = page.getByTestId('strategy-card')
    this.recentCloses = page.getByTestId('recent-closes')
    this.dialog = page.getByTestId('confirm-dialog')
    this.sendButton = page.getByTestId('confirm-send')
    this.notices = page.locator('.el-notification')
  }

  /** Open the page and wait until it is fed live. */
  async open(): Promise<void> {
    await this.page.goto('/')
    await expect(this.connection.locator('[data-link="page"]')).toHaveAttribute('data-state', 'up')
  }

  /** The card of a strategy by words of its title, such as `SPY Iron Condor × 10`. */
  card(title: string | RegExp): Card {
    return new Card(this.cards.filter({ has: this.page.getByRole('heading', { name: title }) }))
  }

  /** The contract of a strategy's only leg on that side, such as `Short`. */
  async symbolOf(title: RegExp, direction: 'Long' | 'Short'): Promise<string> {
    const id = await this.card(title).root.getAttribute('data-position-id')
    const answer = await this.page.request.get(`/api/positions/${String(id)}`)
    const { legs } = (await answer.json()) as { legs: { symbol: string; direction: string }[] }
    const found = legs.find((leg) => leg.direction === direction)
    if (!found) throw new Error(`no ${direction} leg`)
    return found.symbol
  }

  /** Choose how the open confirmation prices the close, such as `Limit`. */
  async price(name: string): Promise<void> {
    await this.dialog.getByTestId('pricing').locator('label', { hasText: name }).click()
  }

  /** Send what the open confirmation shows, once it may be sent. */
  async confirm(): Promise<void> {
    await expect(this.sendButton).toBeEnabled()
    await this.sendButton.click()
  }
}

/** One strategy's card. */
export class Card {
  readonly closeStrategy: Locator
  readonly legs: Locator
  readonly progress: Locator
  readonly cancel: Locator
  readonly menu: Locator

  constructor(readonly root: Locator) {
    this.closeStrategy = root.getByTestId('close-strategy')
    this.legs = root.getByTestId('leg-row')
    this.progress = root.getByTestId('close-progress')
    this.cancel = root.getByTestId('cancel-close')
    this.menu = root.getByTestId('card-menu')
  }

  /** Close Leg of the leg whose row has these words, such as `Short Put 520`. */
  closeLeg(words: RegExp): Locator {
    return this.legs.filter({ hasText: words }).getByTestId('close-leg')
  }
}
