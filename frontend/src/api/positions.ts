import { answerOf, client, deadline, READ_TIMEOUT_MS } from './client'
import { transformPositionHistory, transformPositions, transformStatus } from './transform'
import type { PositionHistory, Positions, Status } from './types'

export async function listPositions(): Promise<Positions> {
  const call = client.GET('/api/positions', { signal: deadline(READ_TIMEOUT_MS) })
  return transformPositions(await answerOf(call))
}

export async function getPositionHistory(positionId: string): Promise<PositionHistory> {
  const call = client.GET('/api/positions/{position_id}/history', {
    params: { path: { position_id: positionId } },
    signal: deadline(READ_TIMEOUT_MS),
  })
  return transformPositionHistory(await answerOf(call))
}

export async function getStatus(): Promise<Status> {
  const call = client.GET('/api/status', { signal: deadline(READ_TIMEOUT_MS) })
  return transformStatus(await answerOf(call))
}
