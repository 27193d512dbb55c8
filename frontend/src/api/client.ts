import createClient from 'openapi-fetch'

import { ApiProblem, Unanswered } from './errors'
import type { paths } from './schema'

/** Typed by the OpenAPI document. `fetch` is looked up late so that a test can stand in. */
export const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request) => globalThis.fetch(request),
})

export const READ_TIMEOUT_MS = 10_000

/** Longer than the server waits for the broker's word on an order. */
export const CLOSE_TIMEOUT_MS = 45_000

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/**
 * The data of an answered request.
 *
 * @throws {ApiProblem} the server refused
 * @throws {Unanswered} nothing readable came back, which says nothing about what was done
 */
export async function answerOf<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Unanswered(cause)
  })
  if (data === undefined) throw refusal(error, response)
  return data
}

/** 502 and 504 come from something in between, so they are no word of the server's. */
function refusal(error: unknown, response: Response): Error {
  const problem = ApiProblem.from(error, response.status)
  const fromGateway = response.status >= 500 && problem.code === 'unreadable_answer'
  return fromGateway ? new Unanswered(problem) : problem
}

export function deadline(ms: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(ms)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}
