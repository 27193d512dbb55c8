import { ElNotification } from 'element-plus'
import { defineStore } from 'pinia'

import type { Close } from '@/api/types'
import { endingNotice, type Notice } from '@/lib/outcome'

const SHOWN_MS = 8_000

/** Messages to the person. Each ending of a close is told once, whoever hears of it first. */
export const useNoticesStore = defineStore('notices', () => {
  const told = new Set<string>()

  /** The component announces itself to screen readers as an alert. */
  function tell({ tone, title, message, sticky }: Notice): void {
    ElNotification({
      type: tone,
      title,
      message,
      duration: sticky ? 0 : SHOWN_MS,
      position: 'bottom-right',
      customClass: `notice notice--${tone}`,
    })
  }

  /** @param closeId the close whose ending this is */
  function tellEnding(closeId: string, notice: Notice): void {
    if (told.has(closeId)) return
    told.add(closeId)
    tell(notice)
  }

  function tellEndingOf(close: Close): void {
    const notice = endingNotice(close)
    if (notice) tellEnding(close.id, notice)
  }

  /** Endings that are no news to anybody. */
  function keepQuietAbout(closes: readonly Close[]): void {
    for (const { id, ended } of closes) if (ended) told.add(id)
  }

  return { tell, tellEnding, tellEndingOf, keepQuietAbout }
})
