import { decamelize, type Camelized } from '@/lib/camelize'

import { answerOf, client, CLOSE_TIMEOUT_MS, deadline, READ_TIMEOUT_MS } from './client'
import {
  transformCancelCloseResponse,
  transformChangeCloseResponse,
  transformClose,
  transformCloseLegResponse,
  transformClosePreview,
  transformCloseStrategyResponse,
  transformHistory,
} from './transform'
import type {
  CancelCloseResponse,
  ChangeCloseResponse,
  Close,
  CloseLegOptions,
  CloseLegResponse,
  CloseOptions,
  ClosePreview,
  CloseStrategyOptions,
  CloseStrategyResponse,
  History,
  Options,
} from './types'
import type {
  RawCloseLegRequest,
  RawClosePreviewRequest,
  RawCloseStrategyRequest,
} from './wire'

/**
 * Ask for the whole strategy to be closed.
 *
 * `idempotencyKey` belongs to one confirmation by a person: the same key asked twice
 * is the same close.
 */
export async function closeStrategy(
  positionId: string,
  options: CloseStrategyOptions,
  idempotencyKey: string,
): Promise<CloseStrategyResponse> {
  const call = client.POST('/api/positions/{position_id}/close-strategy', {
    params: { path: { position_id: positionId }, header: { 'Idempotency-Key': idempotencyKey } },
    body: { position_id: positionId, ...asked<Omit<RawCloseStrategyRequest, 'position_id'>>(options) },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformCloseStrategyResponse(await answerOf(call))
}

/** Ask for one leg to be closed; see `closeStrategy`. */
export async function closeLeg(
  positionId: string,
  legId: string,
  options: CloseLegOptions,
  idempotencyKey: string,
): Promise<CloseLegResponse> {
  const call = client.POST('/api/positions/{position_id}/close-leg', {
    params: { path: { position_id: positionId }, header: { 'Idempotency-Key': idempotencyKey } },
    body: { leg_id: legId, ...asked<Omit<RawCloseLegRequest, 'leg_id'>>(options) },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformCloseLegResponse(await answerOf(call))
}

/** What would be sent now. Sends nothing. */
export async function previewClose(
  positionId: string,
  legId: string | null,
  options: CloseOptions,
  signal: AbortSignal,
): Promise<ClosePreview> {
  const call = client.POST('/api/positions/{position_id}/close-preview', {
    params: { path: { position_id: positionId } },
    body: { leg_id: legId, ...asked<Omit<RawClosePreviewRequest, 'leg_id'>>(options) },
    signal: deadline(READ_TIMEOUT_MS, signal),
  })
  return transformClosePreview(await answerOf(call))
}

export async function listCloses(): Promise<Close[]> {
  const call = client.GET('/api/closes', { signal: deadline(READ_TIMEOUT_MS) })
  return (await answerOf(call)).closes.map(transformClose)
}

export async function getClose(closeId: string): Promise<Close> {
  const call = client.GET('/api/closes/{close_id}', {
    params: { path: { close_id: closeId } },
    signal: deadline(READ_TIMEOUT_MS),
  })
  return transformClose(await answerOf(call))
}

/** Ask for a cancel. What comes of it is told by the close. */
export async function cancelClose(closeId: string): Promise<CancelCloseResponse> {
  const call = client.POST('/api/closes/{close_id}/cancel', {
    params: { path: { close_id: closeId } },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformCancelCloseResponse(await answerOf(call))
}

/**
 * Ask a walk to go on at the next faster pace, or from urgent to cross. `startedAt` says which: the
 * next order of the close may walk by the time this arrives.
 */
export async function hurryClose(
  closeId: string,
  startedAt: string,
): Promise<ChangeCloseResponse> {
  const call = client.POST('/api/closes/{close_id}/faster', {
    params: { path: { close_id: closeId } },
    body: { started_at: startedAt },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformChangeCloseResponse(await answerOf(call))
}

/** Ask the walk that began then to stop and rest at this limit, signed as its order's. */
export async function changeCloseLimit(
  closeId: string,
  startedAt: string,
  limitPrice: string,
): Promise<ChangeCloseResponse> {
  const call = client.POST('/api/closes/{close_id}/limit', {
    params: { path: { close_id: closeId } },
    body: { started_at: startedAt, limit_price: limitPrice },
    signal: deadline(CLOSE_TIMEOUT_MS),
  })
  return transformChangeCloseResponse(await answerOf(call))
}

/** Ended closes, newest first; `before` goes on after the close of that id. */
export async function listHistory(before: string | null): Promise<History> {
  const call = client.GET('/api/history', {
    params: { query: before === null ? {} : { before } },
    signal: deadline(READ_TIMEOUT_MS),
  })
  return transformHistory(await answerOf(call))
}

/**
 * The options as the wire has them. The generated types demand what has a default, the server
 * does not.
 */
const asked = <Raw>(options: Options<Raw>): Raw => decamelize(options as Camelized<Raw>)
