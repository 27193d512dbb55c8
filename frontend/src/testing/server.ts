/** A stand-in for the server's HTTP side: answers by method and path, and remembers requests. */
import { vi } from 'vitest'

import { aRawClose, aRawHistory, aRawPreview, aRawStatus, aRawStrategyAnswer } from './builders'

export interface Asked {
  method: string
  path: string
  search: string
  body: unknown
  headers: Headers
}

type Answer = (asked: Asked) => Response | Promise<Response>

export interface FakeServer {
  asked: Asked[]
  /** Requests that would have sent an order. */
  orders: () => Asked[]
  on: (route: string, answer: Answer) => void
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' },
  })

export const problem = (status: number, code: string, detail: string): Response =>
  json({ type: `urn:closeout:${code}`, title: code, status, detail, code, instance: '/' }, status)

export function aServer(): FakeServer {
  const asked: Asked[] = []
  const routes = new Map<string, Answer>([
    ['GET /api/status', () => json(aRawStatus())],
    [
      'GET /api/positions',
      () => json({ status: 'success', positions: [], total_count: 0, as_of: null, message: null, reading: false, unassigned: [] }),
    ],
    ['GET /api/closes', () => json({ closes: [], total_count: 0 })],
    ['GET /api/history', () => json(aRawHistory())],
    ['GET /api/closes/close-1', () => json(aRawClose())],
    ['POST /api/positions/spy-condor/close-preview', () => json(aRawPreview())],
    ['POST /api/positions/spy-condor/close-strategy', () => json(aRawStrategyAnswer())],
  ])
  vi.stubGlobal('fetch', async (request: Request): Promise<Response> => {
    request.signal.throwIfAborted()
    const { pathname, search } = new URL(request.url)
    const text = await request.text()
    const body: unknown = text === '' ? null : JSON.parse(text)
    const one = { method: request.method, path: pathname, search, body, headers: request.headers }
    asked.push(one)
    const answer = routes.get(`${request.method} ${pathname}`)
    return answer ? answer(one) : problem(404, 'unknown_path', `No ${pathname} here.`)
  })
  return {
    asked,
    orders: () => asked.filter(({ path }) => /close-(strategy|leg)$/.test(path)),
    on: (route, answer) => routes.set(route, answer),
  }
}
