import { answerOf, client, deadline, READ_TIMEOUT_MS } from './client'
import { transformPositions, transformStatus } from './transform'
import type { Positions, Status } from './types'

export async function listPositions(): Promise<Positions> {
  const call = client.GET('/api/positions', { signal: deadline(READ_TIMEOUT_MS) })
  return transformPositions(await answerOf(call))
}

export async function getStatus(): Promise<Status> {
  const call = client.GET('/api/status', { signal: deadline(READ_TIMEOUT_MS) })
  return transformStatus(await answerOf(call))
}
