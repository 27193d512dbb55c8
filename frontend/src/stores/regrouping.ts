import { defineStore } from 'pinia'
import { shallowReactive, shallowRef } from 'vue'

import {
  leaveOrphan,
  mergePositions,
  moveLeg,
  renamePosition,
  splitPosition,
  undoEdits,
} from '@/api/edits'
import { ApiProblem } from '@/api/errors'
import type { EditResponse, LastEdit, Leg, Pick, Position } from '@/api/types'
import { inWords } from '@/lib/inWords'
import { newKey } from '@/lib/key'
import { failureNotice, type Notice } from '@/lib/outcome'
import type { Piece } from '@/lib/regroup'

import { useDeskStore } from './desk'
import { useNoticesStore } from './notices'

/** What an open dialog is about. */
export type Question =
  | { kind: 'merge'; position: Position; into: Position | null }
  | { kind: 'move'; position: Position; leg: Leg | null }
  | { kind: 'split'; position: Position }
  | { kind: 'history'; position: Position }

/** Who gets the focus when what had it is gone, once there are just these strategies. */
interface Heir {
  id: string
  among: readonly string[] | null
}

/** What a person says about strategies. Cards change when the stream says so, not before. */
export const useRegroupingStore = defineStore('regrouping', () => {
  const desk = useDeskStore()
  const notices = useNoticesStore()

  const question = shallowRef<Question | null>(null)
  const dragged = shallowRef<Piece | null>(null)
  /** Ids of positions whose edit has no answer yet. */
  const pending = shallowReactive(new Set<string>())
  /** What came of the last edit, for screen readers. */
  const said = shallowRef('')
  const heir = shallowRef<Heir | null>(null)

  /** Keys of what got no answer: asked once more, it is the same edit. */
  const unanswered = new Map<string, string>()

  function ask(next: Question): void {
    question.value = next
  }

  function dismiss(): void {
    if (question.value !== null) heir.value ??= { id: question.value.position.id, among: null }
    question.value = null
  }

  /** The first keeps its id, and its name if none is given. */
  function merge(positions: Position[], name: string | null = null): Promise<Notice | null> {
    const ids = positions.map(({ id }) => id)
    return edit('Merge', positions, [ids, name], (key) => mergePositions(ids, name, key))
  }

  /** @param to the strategy it joins; null makes it one of its own */
  function move(from: Position, pick: Pick, to: Position | null): Promise<Notice | null> {
    const where = to?.id ?? null
    return edit('Move', to === null ? [from] : [to, from], [pick, where], (key) =>
      moveLeg(from.id, pick, where, key),
    )
  }

  const split = (position: Position, part: Pick[]): Promise<Notice | null> =>
    edit('Split', [position], part, (key) => splitPosition(position.id, part, key))

  const rename = (position: Position, name: string | null): Promise<Notice | null> =>
    edit('Rename', [position], name, (key) => renamePosition(position.id, name, key))

  const leave = (position: Position): Promise<Notice | null> =>
    edit('Leave', [position], null, (key) => leaveOrphan(position.id, key))

  const undo = ({ number }: LastEdit): Promise<Notice | null> =>
    edit('Undo', [], number, (key) => undoEdits(number, key))

  /** Resolves to why it was not taken, and what to do; null when it was. */
  async function edit(
    doing: string,
    positions: Position[],
    terms: unknown,
    ask: (key: string) => Promise<EditResponse>,
  ): Promise<Notice | null> {
    const what = JSON.stringify([doing, positions.map(({ id }) => id), terms])
    const key = unanswered.get(what) ?? newKey()
    for (const { id } of positions) pending.add(id)
    try {
      take(await ask(key), positions[0]?.id)
      unanswered.delete(what)
      return null
    } catch (error) {
      if (error instanceof ApiProblem) unanswered.delete(what)
      else unanswered.set(what, key)
      const notice = failureNotice(error, doing)
      return { ...notice, message: inWords(notice.message, desk.positions) }
    } finally {
      for (const { id } of positions) pending.delete(id)
    }
  }

  function take({ edit: made, positions }: EditResponse, first: string | undefined): void {
    said.value = inWords(made.text, positions)
    const id = first ?? made.positionIds[0]
    if (id !== undefined) heir.value = { id, among: positions.map((each) => each.id) }
  }

  /** Where no dialog says it, a message does. */
  async function tellRefusal(asked: Promise<Notice | null>): Promise<void> {
    const refusal = await asked
    if (refusal !== null) notices.tell(refusal)
  }

  return {
    question,
    dragged,
    pending,
    said,
    heir,
    ask,
    dismiss,
    merge,
    move,
    split,
    rename,
    leave,
    undo,
    tellRefusal,
  }
})
