import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import StaleBanner from '@/components/status/StaleBanner.vue'
import { useDeskStore } from '@/stores/desk'
import { aRawSnapshot } from '@/testing/builders'
import { byTestId } from '@/testing/dom'
import { aServer } from '@/testing/server'
import { FakeSocket, stubSockets } from '@/testing/socket'

beforeEach(() => {
  vi.useFakeTimers()
  stubSockets()
  aServer().on('GET /api/status', () => Promise.reject(new TypeError('Failed to fetch')))
})

afterEach(() => {
  useDeskStore().stop()
  vi.useRealTimers()
})

it('tells how old the data is once the connection is lost, and not before', async () => {
  const banner = mount(StaleBanner)
  useDeskStore().start()
  FakeSocket.last.say(aRawSnapshot())
  await vi.advanceTimersByTimeAsync(3_000)
  expect(byTestId(banner, 'stale-banner').exists()).toBe(false)

  FakeSocket.last.drop()
  await vi.advanceTimersByTimeAsync(9_000)
  expect(byTestId(banner, 'stale-banner').text()).toContain(
    'Disconnected — showing data from 12 s ago',
  )
})
