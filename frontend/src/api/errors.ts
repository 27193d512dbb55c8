import type { RawProblem } from './wire'

/** The server said no and sent nothing to the broker; `message` says what to do. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail)
  }

  /** Read a problem document, or say as much as is known when it is not one. */
  static from(body: unknown, status: number): ApiProblem {
    const problem = isProblem(body) ? body : null
    return new ApiProblem(
      status,
      problem?.code ?? 'unreadable_answer',
      problem?.detail ?? `Closeout answered with status ${String(status)} and no explanation.`,
    )
  }
}

/** No answer came back. A request that changes something may still have been taken. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'

  constructor(cause: unknown) {
    super('No answer from Closeout. Is the server running?', { cause })
  }
}

function isProblem(body: unknown): body is RawProblem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'detail' in body &&
    typeof body.detail === 'string' &&
    'code' in body &&
    typeof body.code === 'string'
  )
}
