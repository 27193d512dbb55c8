import { existsSync } from 'node:fs'

import { defineConfig, devices } from '@playwright/test'

/** A distribution's own Chromium is used where there is one; otherwise Playwright's. */
const SYSTEM_CHROMIUM = '/usr/bin/chromium'

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: false,
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  // axe reads eleven cards and their pictures; a machine with two cores takes its time.
  timeout: 150_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: process.env['CLOSEOUT_URL'] ?? 'http://localhost:8002',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(existsSync(SYSTEM_CHROMIUM) ? { executablePath: SYSTEM_CHROMIUM } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'desktop', use: { ...devices['Desktop Chrome'] } },
    {
      name: 'phone',
      use: { ...devices['Desktop Chrome'], viewport: { width: 375, height: 812 } },
      grep: /@phone/,
    },
  ],
})
