import { ElNotification, type NotificationHandle } from 'element-plus'
import { defineStore } from 'pinia'

import type { Close, PhaseName } from '@/api/types'
import { inWords } from '@/lib/inWords'
import { endingNotice, type Notice } from '@/lib/outcome'

const SHOWN_MS = 8_000

const nameOfEnding = (closeId: string, phase: PhaseName): string => `${closeId} ${phase}`

/** Messages to the person. Each ending of a close is told once, whoever hears of it first. */
export const useNoticesStore = defineStore('notices', () => {
  /** Close and phase: a fill that comes late or is taken back makes another ending of one. */
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

  /** @param closeId the close that ended in this phase */
  function tellEnding(closeId: string, phase: PhaseName, notice: Notice): void {
    const ending = nameOfEnding(closeId, phase)
    if (told.has(ending)) return
    told.add(ending)
    tell(notice, closeId)
  }

  function tellEndingOf(close: Close): void {
    const notice = endingNotice(close)
    if (notice) tellEnding(close.id, close.phase, notice)
  }

  /** Endings that are no news to anybody. */
  function keepQuietAbout(closes: readonly Close[]): void {
    for (const { id, phase, ended } of closes) if (ended) told.add(nameOfEnding(id, phase))
  }

  return { tell, tellEnding, tellEndingOf, keepQuietAbout }
})
