import { test as base } from '@playwright/test'

import { Desk } from './desk'
import { Closeout, Simulator } from './processes'

interface World {
  /** The simulator's scenario. */
  scenario: string
  /** Environment of the server beside the broker's address. */
  settings: Record<string, string>
  simulator: Simulator
  closeout: Closeout
  desk: Desk
}

/** Every test has a broker and a server of its own, and its page is theirs. */
export const test = base.extend<World>({
  scenario: ['desk', { option: true }],
  settings: [{}, { option: true }],
  simulator: async ({ scenario }, use) => {
    const simulator = await Simulator.start(scenario)
    await use(simulator)
    await simulator.stop()
  },
  closeout: async ({ simulator, settings }, use) => {
    const closeout = new Closeout(simulator.url, settings)
    await closeout.start()
    await use(closeout)
    await closeout.stop()
  },
  baseURL: async ({ closeout }, use) => {
    await use(closeout.url)
  },
  desk: async ({ page }, use) => {
    const desk = new Desk(page)
    await desk.open()
    await use(desk)
  },
})

export { expect } from '@playwright/test'
