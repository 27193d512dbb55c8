import { ElNotification, type NotificationHandle } from 'element-plus'
import { defineStore } from 'pinia'

import type { Close } from '@/api/types'
import { inWords } from '@/lib/inWords'
import { endingNotice, type Notice } from '@/lib/outcome'

const SHOWN_MS = 8_000

/** Messages to the person. Each ending of a close is told once, whoever hears of it first. */
export const useNoticesStore = defineStore('notices', () => {
  const told = new Set<string>()
  /** The message on the screen about each close: a newer one takes its place. */
  const shown = new Map<string, NotificationHandle>()

  /**
   * The component announces itself to screen readers as an alert.
   *
   * @param about the close it tells of; null when none came of what was asked
   */
  function tell({ tone, title, message, sticky }: Notice, about: string | null = null): void {
    const handle = ElNotification({
      type: tone,
      title,
      message: inWords(message),
      duration: sticky ? 0 : SHOWN_MS,
      position: 'bottom-right',
      customClass: `notice notice--${tone}`,
    })
    if (about === null) return
    shown.get(about)?.close()
    shown.set(about, handle)
  }

  /** @param closeId the close whose ending this is */
  function tellEnding(closeId: string, notice: Notice): void {
    if (told.has(closeId)) return
    told.add(closeId)
    tell(notice, closeId)
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
