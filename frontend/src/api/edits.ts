import { answerOf, client, CLOSE_TIMEOUT_MS, deadline } from './client'
import { transformEditResponse } from './transform'
import type { EditResponse, Pick } from './types'

/** Make one position of several. The first keeps its id, and its name if none is given. */
export async function mergePositions(
  positionIds: string[],
  name: string | null,
  key: string,
): Promise<EditResponse> {
  const call = client.POST('/api/positions/merge', {
    params: { header: header(key) },
    body: { position_ids: positionIds, name },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** Give contracts of a leg to another position, or with null to one of their own. */
export async function moveLeg(
  fromPositionId: string,
  { legId, quantity }: Pick,
  toPositionId: string | null,
  key: string,
): Promise<EditResponse> {
  const call = client.POST('/api/positions/move', {
    params: { header: header(key) },
    body: {
      from_position_id: fromPositionId,
      leg_id: legId,
      quantity,
      to_position_id: toPositionId,
    },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** Make a position of its own of some legs; what is not named stays. */
export async function splitPosition(
  positionId: string,
  part: Pick[],
  key: string,
): Promise<EditResponse> {
  const call = client.POST('/api/positions/{position_id}/split', {
    params: { path: { position_id: positionId }, header: header(key) },
    body: { parts: [part.map(({ legId, quantity }) => ({ leg_id: legId, quantity }))] },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** Name a position; null gives it back the name of its shape. */
export async function renamePosition(
  positionId: string,
  name: string | null,
  key: string,
): Promise<EditResponse> {
  const call = client.POST('/api/positions/{position_id}/rename', {
    params: { path: { position_id: positionId }, header: header(key) },
    body: { name },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** Note that an orphan was seen and is left as it is. */
export async function leaveOrphan(positionId: string, key: string): Promise<EditResponse> {
  const call = client.POST('/api/positions/{position_id}/leave', {
    params: { path: { position_id: positionId }, header: header(key) },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** Take back the edit of this number and all after it. Asked twice, it is taken back once. */
export async function undoEdits(downTo: number, key: string): Promise<EditResponse> {
  const call = client.POST('/api/positions/edits/undo', {
    params: { header: header(key) },
    body: { down_to: downTo },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformEditResponse(await answerOf(call))
}

/** The same key asked twice is the same edit. */
const header = (key: string): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': key })
