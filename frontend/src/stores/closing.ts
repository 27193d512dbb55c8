import { defineStore } from 'pinia'
import { shallowReactive, shallowRef } from 'vue'

import {
  cancelClose,
  changeCloseLimit,
  closeLeg,
  closeStrategy,
  getClose,
  hurryClose,
} from '@/api/closes'
import type { AgreedOptions, ChangeCloseResponse, Close, PhaseName } from '@/api/types'
import {
  failureNotice,
  isEnding,
  legNotice,
  nameOfClose,
  strategyNotice,
  type Notice,
} from '@/lib/outcome'
import { keyOfTarget, nameOfTarget, type CloseTarget } from '@/lib/target'

import { useDeskStore } from './desk'
import { useNoticesStore } from './notices'

interface Told {
  notice: Notice
  closeId: string | null
  phase: PhaseName | null
}

/** What a person is about to send or has just sent, until the server's journal shows it. */
export const useClosingStore = defineStore('closing', () => {
  const desk = useDeskStore()
  const notices = useNoticesStore()

  /** What the open confirmation is about. */
  const target = shallowRef<CloseTarget | null>(null)
  /** Requests without an answer yet, by `keyOfTarget`. */
  const sending = shallowReactive(new Set<string>())
  const cancelling = shallowReactive(new Set<string>())
  /** Walks that were asked to hurry or to stop, until that is answered. */
  const changing = shallowReactive(new Set<string>())

  const isSending = (asked: CloseTarget): boolean => sending.has(keyOfTarget(asked))

  function confirm(asked: CloseTarget): void {
    target.value = asked
  }

  function dismiss(): void {
    target.value = null
  }

  /**
   * Send once. A second call for the same target does nothing while the first has no answer.
   *
   * @throws the refusal or the missing answer, after telling it
   */
  async function send(asked: CloseTarget, options: AgreedOptions, key: string): Promise<void> {
    if (isSending(asked)) return
    sending.add(keyOfTarget(asked))
    try {
      const told = await ask(asked, options, key)
      tell(told)
      if (told.closeId !== null) await show(told.closeId)
    } catch (error) {
      notices.tell(failureNotice(error, `Close ${nameOfTarget(asked)}`))
      throw error
    } finally {
      sending.delete(keyOfTarget(asked))
    }
  }

  async function ask(asked: CloseTarget, options: AgreedOptions, key: string): Promise<Told> {
    const { position, leg } = asked
    if (leg === null) {
      const answer = await closeStrategy(position.id, options, key)
      return { ...answer, notice: strategyNotice(answer, nameOfTarget(asked)) }
    }
    const answer = await closeLeg(position.id, leg.id, options, key)
    return { ...answer, notice: legNotice(answer, nameOfTarget(asked)) }
  }

  function tell({ notice, closeId, phase }: Told): void {
    if (closeId !== null && isEnding(phase)) notices.tellEnding(closeId, phase, notice)
    else notices.tell(notice, closeId)
  }

  /** Bring the close itself, so that the card shows it although the stream may be away. */
  async function show(closeId: string): Promise<void> {
    await getClose(closeId).then(desk.putClose, () => undefined)
  }

  async function cancel(close: Close): Promise<void> {
    if (cancelling.has(close.id)) return
    cancelling.add(close.id)
    try {
      const answer = await cancelClose(close.id)
      desk.putClose(answer.close)
      const title = `Cancel: ${nameOfClose(close)}`
      notices.tell({ tone: 'info', title, message: answer.message, sticky: false }, close.id)
    } catch (error) {
      notices.tell(failureNotice(error, `Cancel ${nameOfClose(close)}`), close.id)
    } finally {
      cancelling.delete(close.id)
    }
  }

  const faster = (close: Close, startedAt: string): Promise<boolean> =>
    change(close, `Faster: ${nameOfClose(close)}`, hurryClose(close.id, startedAt))

  const changeLimit = (close: Close, startedAt: string, limitPrice: string): Promise<boolean> =>
    change(
      close,
      `New limit: ${nameOfClose(close)}`,
      changeCloseLimit(close.id, startedAt, limitPrice),
    )

  /** Resolves to whether it was taken; what was answered is told either way. */
  async function change(
    close: Close,
    doing: string,
    asked: Promise<ChangeCloseResponse>,
  ): Promise<boolean> {
    changing.add(close.id)
    try {
      const answer = await asked
      desk.putClose(answer.close)
      notices.tell({ tone: 'info', title: doing, message: answer.message, sticky: false }, close.id)
      return true
    } catch (error) {
      notices.tell(failureNotice(error, doing), close.id)
      return false
    } finally {
      changing.delete(close.id)
    }
  }

  return { target, cancelling, changing, faster, changeLimit, isSending, confirm, dismiss, send, cancel }
})
