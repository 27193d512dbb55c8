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
import type { EditResponse, LastEdit, Leg, Pick, Position } from '@/api/types'
import { inWords } from '@/lib/inWords'
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

  function ask(next: Question): void {
    question.value = next
  }

  function dismiss(): void {
    if (question.value !== null) heir.value ??= { id: question.value.position.id, among: null }
    question.value = null
  }

  /** The first keeps its id, and its name if none is given. */
  const merge = (positions: Position[], name: string | null = null): Promise<Notice | null> =>
    edit('Merge', positions, mergePositions(positions.map(({ id }) => id), name))

  /** @param to the strategy it joins; null makes it one of its own */
  const move = (from: Position, pick: Pick, to: Position | null): Promise<Notice | null> =>
    edit('Move', to === null ? [from] : [to, from], moveLeg(from.id, pick, to?.id ?? null))

  const split = (position: Position, part: Pick[]): Promise<Notice | null> =>
    edit('Split', [position], splitPosition(position.id, part))

  const rename = (position: Position, name: string | null): Promise<Notice | null> =>
    edit('Rename', [position], renamePosition(position.id, name))

  const leave = (position: Position): Promise<Notice | null> =>
    edit('Leave', [position], leaveOrphan(position.id))

  const undo = ({ number }: LastEdit): Promise<Notice | null> =>
    edit('Undo', [], undoEdits(number))

  /** Resolves to why it was not taken, and what to do; null when it was. */
  async function edit(
    doing: string,
    positions: Position[],
    asked: Promise<EditResponse>,
  ): Promise<Notice | null> {
    for (const { id } of positions) pending.add(id)
    try {
      take(await asked, positions[0]?.id)
      return null
    } catch (error) {
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
