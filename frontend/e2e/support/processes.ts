import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PYTHON = path.join(ROOT, '.venv/bin/python')

/** What a request at the simulator looked like. */
export interface Received {
  method: string
  path: string
  body: { qty: string; client_order_id: string; legs?: { position_intent: string }[] } & Record<
    string,
    unknown
  >
  status: number
}

function launch(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(PYTHON, args, { cwd: tmpdir(), env, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Read JSON lines until one of them is the one waited for. */
async function lineOf(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  wanted: (line: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  const source = child[stream]
  if (source === null) throw new Error('the process has no such stream')
  const seen: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: source }).on('line', (text) => {
      seen.push(text)
      if (!text.startsWith('{')) return
      const line = JSON.parse(text) as Record<string, unknown>
      if (wanted(line)) resolve(line)
    })
    child.once('exit', () => {
      reject(new Error(`it ended before it was ready:\n${seen.join('\n')}`))
    })
  })
}

/** A broker of its own, with its controls. */
export class Simulator {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(scenario: string): Promise<Simulator> {
    const args = ['-m', 'alpaca_simulator', '--port', '0', '--seed', '7', '--exit-with-stdin']
    const child = launch([...args, '--scenario', scenario], process.env)
    const ready = await lineOf(child, 'stdout', (line) => line['ready'] === true)
    return new Simulator(child, String(ready['url']))
  }

  async stop(): Promise<void> {
    await ended(this.child, () => this.child.stdin?.end())
  }

  holdFills(): Promise<unknown> {
    return this.post('fills', { mode: 'hold' })
  }

  releaseFills(): Promise<unknown> {
    return this.post('fills', { mode: 'all' })
  }

  fill(orderId: string, units: number): Promise<unknown> {
    return this.post('fill', { order_id: orderId, units })
  }

  /** An order placed elsewhere, over the broker's own protocol. */
  async order(body: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.url}/v2/orders`, {
      method: 'POST',
      headers: { 'APCA-API-KEY-ID': 'elsewhere', 'APCA-API-SECRET-KEY': 'elsewhere' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`the order: ${await answer.text()}`)
  }

  /** Short contracts are assigned early. */
  assign(symbol: string, contracts: number): Promise<unknown> {
    return this.post('assign', { symbol, contracts })
  }

  /** Something the account's owner does elsewhere, filled at once. */
  trade(symbol: string, side: 'buy' | 'sell', qty: number): Promise<unknown> {
    return this.post('trade', { symbol, side, qty })
  }

  fault(fault: Record<string, unknown>): Promise<unknown> {
    return this.post('faults', fault)
  }

  /** The orders that were sent here, in order. */
  async orders(): Promise<Received[]> {
    const answer = await fetch(`${this.url}/_sim/received`)
    const told = (await answer.json()) as { requests?: Received[] } | Received[]
    const all = Array.isArray(told) ? told : (told.requests ?? [])
    return all.filter(({ method, path: asked }) => method === 'POST' && asked === '/v2/orders')
  }

  private async post(control: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/_sim/${control}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`_sim/${control}: ${await answer.text()}`)
    return answer.json()
  }
}

/** The real server, at that broker. `kill` and `start` again are a crash and what follows. */
export class Closeout {
  private child: ChildProcess | null = null
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'closeout-e2e-'))
  url = ''

  constructor(
    private readonly broker: string,
    private readonly settings: NodeJS.ProcessEnv,
  ) {}

  /** The first start takes any free port; later ones the same, for the page to come back to. */
  async start(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port
    this.child = launch(['-m', 'closeout', 'serve', '--port', port], {
      ...process.env,
      CLOSEOUT_DATA_DIR: this.folder,
      CLOSEOUT_LOG_FORMAT: 'json',
      CLOSEOUT_ALPACA_TRADING_URL: this.broker,
      CLOSEOUT_ALPACA_DATA_URL: this.broker,
      CLOSEOUT_ALPACA_STREAM_URL: this.broker,
      ...this.settings,
    })
    const line = await lineOf(this.child, 'stderr', ({ event }) => event === 'closeout.listening')
    this.url = String(line['url'])
  }

  async kill(): Promise<void> {
    const child = this.child
    if (child !== null) await ended(child, () => child.kill('SIGKILL'))
  }

  async stop(): Promise<void> {
    const child = this.child
    if (child !== null) await ended(child, () => child.kill('SIGTERM'))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess, end: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  end()
  await exit
}
