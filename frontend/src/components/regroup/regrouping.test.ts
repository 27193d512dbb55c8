import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { RawPosition, RawSnapshotMessage } from '@/api/wire'
import App from '@/App.vue'
import {
  aLaterPosition,
  aRawClose,
  aRawEdit,
  aRawLeg,
  aRawPosition,
  aRawSnapshot,
  aRawStatus,
  NOW,
} from '@/testing/builders'
import { allByTestId, byTestId, notices } from '@/testing/dom'
import { aServer, json, problem, type Asked, type FakeServer } from '@/testing/server'
import { FakeSocket, stubSockets } from '@/testing/socket'

const CONDOR = aRawPosition()
const LATER = aLaterPosition()
const OTHER = aRawPosition({ id: 'pos_0e5e', ticker: 'QQQ', strategy: 'Long Put' })

let server: FakeServer
let page: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW), toFake: ['Date'] })
  server = aServer()
  stubSockets()
})

afterEach(() => {
  vi.useRealTimers()
})

async function show(
  positions: RawPosition[] = [CONDOR, LATER, OTHER],
  changes: Partial<RawSnapshotMessage> = {},
): Promise<void> {
  page = mount(App, { attachTo: document.body })
  FakeSocket.last.say(aRawSnapshot({ positions, ...changes }))
  await flushPromises()
}

async function push(positions: RawPosition[]): Promise<void> {
  FakeSocket.last.say({ type: 'positions', seq: 8, at: NOW, positions, unassigned: [] })
  await flushPromises()
}

const cardIds = (): (string | undefined)[] =>
  allByTestId(page, 'strategy-card').map((card) => card.attributes('data-position-id'))

const card = (id: string): ReturnType<VueWrapper['find']> => page.find(`[data-position-id="${id}"]`)

const edits = (): Pick<Asked, 'path' | 'body'>[] =>
  server.asked
    .filter(({ method, path }) => method === 'POST' && path.startsWith('/api/positions/'))
    .map(({ path, body }) => ({ path, body }))

/** Let every kind of edit be taken. */
function take(text = 'Done', positions: RawPosition[] = [CONDOR, OTHER]): void {
  const paths = ['merge', 'move', 'edits/undo']
  for (const id of ['spy-condor', 'pos_1a7e', 'pos_0e5e']) {
    paths.push(`${id}/split`, `${id}/rename`, `${id}/leave`)
  }
  for (const path of paths) {
    server.on(`POST /api/positions/${path}`, () => json(aRawEdit(text, positions)))
  }
}

async function choose(id: string, action: string): Promise<void> {
  await card(id).find('[data-testid="card-menu"]').trigger('click')
  await card(id).find(`[data-action="${action}"]`).trigger('click')
  await flushPromises()
}

async function send(): Promise<void> {
  await byTestId(page, 'regroup-dialog').find('form').trigger('submit')
  await flushPromises()
}

const sendButton = (): HTMLButtonElement => byTestId(page, 'regroup-send').element as HTMLButtonElement

describe('merging', () => {
  it('offers the others on the same underlying and sends the one that stays first', async () => {
    take()
    await show()
    await choose('spy-condor', 'merge')
    const choices = page.findAll('[data-choice]').map((each) => each.attributes('data-choice'))
    expect(choices).toEqual(['pos_1a7e'])
    expect(sendButton().disabled).toBe(true)

    await page.find('[data-choice="pos_1a7e"] input').setValue(true)
    expect(sendButton().textContent).toContain('Merge into SPY Iron Condor 15 Jan 2027')
    await send()

    expect(edits()).toEqual([
      {
        path: '/api/positions/merge',
        body: { position_ids: ['pos_1a7e', 'spy-condor'], name: null },
      },
    ])
    expect(byTestId(page, 'regroup-dialog').exists()).toBe(false)
  })

  it('changes no card before the stream does, and says what was done', async () => {
    take('Merged SPY Iron Condor and SPY Iron Condor')
    await show()
    await choose('spy-condor', 'merge')
    await page.find('[data-choice="pos_1a7e"] input').setValue(true)
    await send()

    expect(cardIds()).toEqual(['spy-condor', 'pos_1a7e', 'pos_0e5e'])
    expect(byTestId(page, 'said').text()).toBe('Merged SPY Iron Condor and SPY Iron Condor')
    expect(byTestId(page, 'said').attributes('role')).toBe('status')
    await push([CONDOR, OTHER])
    expect(cardIds()).toEqual(['spy-condor', 'pos_0e5e'])
  })

  it('shows a refusal where it was asked, with what to do, and stays open', async () => {
    const told = 'A running close (cls_1) has contracts of these positions. Wait until it has ended.'
    server.on('POST /api/positions/merge', () => problem(409, 'close_running', told))
    await show()
    await choose('spy-condor', 'merge')
    await page.find('[data-choice="pos_1a7e"] input').setValue(true)
    await send()

    expect(byTestId(page, 'regroup-refusal').text()).toBe(told)
    expect(byTestId(page, 'regroup-refusal').attributes('role')).toBe('alert')
    expect(sendButton().disabled).toBe(false)
  })

  it('asked once more after silence is the same edit, after a refusal another one', async () => {
    const keys = (): (string | null)[] =>
      server.asked
        .filter(({ path }) => path.endsWith('/merge'))
        .map(({ headers }) => headers.get('Idempotency-Key'))
    server.on('POST /api/positions/merge', () => Promise.reject(new TypeError('gone')))
    await show()
    await choose('spy-condor', 'merge')
    await page.find('[data-choice="pos_1a7e"] input').setValue(true)
    await send()
    expect(byTestId(page, 'regroup-refusal').text()).toContain('No answer from Closeout')
    server.on('POST /api/positions/merge', () => problem(409, 'close_running', 'Being closed.'))
    await send()
    await send()

    const [silent, again, another] = keys()
    expect(silent).toMatch(/^[0-9a-f]{32}$/)
    expect(again).toBe(silent)
    expect(another).not.toBe(silent)
  })

  it('is not offered while a close runs, nor without another one', async () => {
    await show(undefined, { closes: [aRawClose()] })
    await card('spy-condor').find('[data-testid="card-menu"]').trigger('click')
    const merge = card('spy-condor').find('[data-action="merge"]')
    expect([merge.attributes('disabled'), merge.text()]).toEqual([
      '',
      expect.stringContaining('being closed') as string,
    ])
    expect(card('spy-condor').find('[data-testid="drag-strategy"]').exists()).toBe(false)

    await card('pos_0e5e').find('[data-testid="card-menu"]').trigger('click')
    expect(card('pos_0e5e').find('[data-action="merge"]').text()).toContain('no other QQQ')
  })
})

describe('moving a leg', () => {
  it('asks for the leg whose handle was pressed, how many and where to', async () => {
    take()
    await show()
    const handle = card('spy-condor').findAll('[data-testid="drag-leg"]')[1]
    await handle?.trigger('keydown', { key: 'Enter' })
    await page.find('[data-choice="pos_1a7e"] input').setValue(true)
    await byTestId(page, 'count').setValue('4')

    expect(sendButton().textContent).toContain(
      'Move 4 × Short 520 Put to SPY Iron Condor 15 Jan 2027',
    )
    await send()

    expect(edits()).toEqual([
      {
        path: '/api/positions/move',
        body: {
          from_position_id: 'spy-condor',
          leg_id: 'leg-520p',
          quantity: 4,
          to_position_id: 'pos_1a7e',
        },
      },
    ])
  })

  it('can make it a strategy of its own', async () => {
    take()
    await show()
    await choose('spy-condor', 'move')
    await page.find('[data-choice="own"] input').setValue(true)
    await send()

    expect(edits()[0]?.body).toMatchObject({ leg_id: 'leg-510p', quantity: 10, to_position_id: null })
  })

  it('sends nothing while the number cannot be read', async () => {
    take()
    await show()
    await choose('spy-condor', 'move')
    await page.find('[data-choice="own"] input').setValue(true)
    await byTestId(page, 'count').setValue('11')

    expect(sendButton().disabled).toBe(true)
    expect(page.text()).toContain('a whole number up to 10')
  })
})

describe('splitting', () => {
  it('makes a strategy of the chosen legs and lets the rest stay', async () => {
    take()
    await show()
    await choose('spy-condor', 'split')
    expect(sendButton().disabled).toBe(true)
    for (const leg of ['leg-580c', 'leg-590c']) {
      await byTestId(page, 'regroup-dialog').find(`[data-leg-id="${leg}"] input`).setValue(true)
    }
    await send()

    expect(edits()).toEqual([
      {
        path: '/api/positions/spy-condor/split',
        body: {
          parts: [
            [
              { leg_id: 'leg-580c', quantity: 10 },
              { leg_id: 'leg-590c', quantity: 10 },
            ],
          ],
        },
      },
    ])
  })

  it('lets something stay', async () => {
    await show()
    await choose('spy-condor', 'split')
    for (const box of byTestId(page, 'regroup-dialog').findAll('input[type="checkbox"]')) {
      await box.setValue(true)
    }

    expect(sendButton().disabled).toBe(true)
    expect(sendButton().textContent).toContain('Something must stay')
  })
})

describe('renaming', () => {
  const field = (): ReturnType<VueWrapper['find']> => byTestId(page, 'rename').find('input')

  async function name(text: string): Promise<void> {
    await choose('spy-condor', 'rename')
    await field().setValue(text)
    await byTestId(page, 'rename').trigger('submit')
    await flushPromises()
  }

  it('happens in place of the title', async () => {
    take()
    await show()
    await name('  Earnings ')

    expect(edits()).toEqual([
      { path: '/api/positions/spy-condor/rename', body: { name: 'Earnings' } },
    ])
    expect(byTestId(page, 'rename').exists()).toBe(false)
  })

  it('gives back the name of the shape when nothing is typed', async () => {
    take()
    await show()
    await name(' ')

    expect(edits()[0]?.body).toEqual({ name: null })
  })

  it('is given up with Escape and the menu has the focus again', async () => {
    await show()
    await choose('spy-condor', 'rename')
    await field().trigger('keydown', { key: 'Escape' })
    await flushPromises()

    expect(edits()).toEqual([])
    expect(document.activeElement).toBe(
      card('spy-condor').find('[data-testid="card-menu"]').element,
    )
  })

  it('says why not', async () => {
    server.on('POST /api/positions/spy-condor/rename', () =>
      problem(503, 'journal_unavailable', 'The journal cannot write.'),
    )
    await show()
    await name('Mine')

    expect(byTestId(page, 'rename').find('[role="alert"]').text()).toBe('The journal cannot write.')
  })
})

describe('undoing', () => {
  const last_edit = { number: 7, at: NOW, text: 'Moved 2 SPY261218P00520000 to a position of its own' }

  it('is offered to every open page and names the edit by its number', async () => {
    take('Undid: moved')
    await show(undefined, { status: aRawStatus({ last_edit }) })
    expect(byTestId(page, 'undo-bar').text()).toContain(
      'Moved 2 × SPY 520 Put 18 Dec 2026 to a position of its own',
    )
    await byTestId(page, 'undo').trigger('click')
    await flushPromises()

    expect(edits()).toEqual([{ path: '/api/positions/edits/undo', body: { down_to: 7 } }])
    expect(byTestId(page, 'undo-bar').exists()).toBe(true)
    FakeSocket.last.say({ type: 'status', seq: 8, at: NOW, status: aRawStatus() })
    await flushPromises()
    expect(byTestId(page, 'undo-bar').exists()).toBe(false)
  })

  it('is told of when it is refused', async () => {
    server.on('POST /api/positions/edits/undo', () =>
      problem(409, 'nothing_to_undo', 'Edit 7 does not stand, so there is nothing to undo.'),
    )
    await show(undefined, { status: aRawStatus({ last_edit }) })
    await byTestId(page, 'undo').trigger('click')

    expect((await notices()).at(-1)).toContain('Edit 7 does not stand')
  })

  it('stays in the menu of a card when it has been long', async () => {
    take()
    const old = { ...last_edit, at: '2026-11-20T15:00:00Z' }
    await show(undefined, { status: aRawStatus({ last_edit: old }) })
    expect(byTestId(page, 'undo-bar').exists()).toBe(false)
    await choose('spy-condor', 'undo')

    expect(edits()[0]?.body).toEqual({ down_to: 7 })
  })
})

describe('dragging', () => {
  /** happy-dom knows no DataTransfer. */
  async function drag(kind: string, element: Node | undefined): Promise<boolean> {
    const event = new Event(kind, { bubbles: true, cancelable: true })
    Object.assign(event, {
      dataTransfer: { setData: vi.fn(), setDragImage: vi.fn(), effectAllowed: '' },
      relatedTarget: null,
    })
    element?.dispatchEvent(event)
    await flushPromises()
    return event.defaultPrevented
  }

  const handle = (id: string, kind = 'drag-strategy', index = 0): Node | undefined =>
    card(id).findAll(`[data-testid="${kind}"]`)[index]?.element

  it('of a strategy onto another merges it into that', async () => {
    take()
    await show()
    await drag('dragstart', handle('spy-condor'))
    expect(card('pos_1a7e').classes()).toContain('card--welcome')
    expect(await drag('dragover', card('pos_1a7e').element)).toBe(true)
    await drag('drop', card('pos_1a7e').element)
    await drag('dragend', handle('spy-condor'))

    expect(edits()[0]).toEqual({
      path: '/api/positions/merge',
      body: { position_ids: ['pos_1a7e', 'spy-condor'], name: null },
    })
    expect(card('pos_1a7e').classes()).not.toContain('card--welcome')
  })

  it('of a leg onto another strategy moves all of it', async () => {
    take()
    await show()
    await drag('dragstart', handle('spy-condor', 'drag-leg', 1))
    await drag('drop', card('pos_1a7e').element)

    expect(edits()[0]?.body).toMatchObject({
      leg_id: 'leg-520p',
      quantity: 10,
      to_position_id: 'pos_1a7e',
    })
  })

  it('of a leg to the free place makes it a strategy of its own', async () => {
    take()
    await show()
    await drag('dragstart', handle('spy-condor', 'drag-leg', 1))
    await drag('drop', byTestId(page, 'own-zone').element)

    expect(edits()[0]?.body).toMatchObject({ leg_id: 'leg-520p', to_position_id: null })
  })

  it('is not taken by itself, another underlying, or a strategy that is being closed', async () => {
    take()
    const closes = [aRawClose({ position_id: 'pos_1a7e' })]
    await show([CONDOR, LATER, OTHER], { closes })
    await drag('dragstart', handle('spy-condor', 'drag-leg', 0))
    for (const id of ['spy-condor', 'pos_1a7e', 'pos_0e5e']) {
      expect(await drag('dragover', card(id).element)).toBe(false)
      await drag('drop', card(id).element)
    }

    expect(edits()).toEqual([])
  })

  it('says in a message why it was refused', async () => {
    server.on('POST /api/positions/merge', () =>
      problem(409, 'close_running', 'A running close has contracts of these positions.'),
    )
    await show()
    await drag('dragstart', handle('spy-condor'))
    await drag('drop', card('pos_1a7e').element)

    expect((await notices()).at(-1)).toContain('A running close has contracts')
  })
})

describe('a leg alone on its underlying', () => {
  it('has no handles, because there is nowhere to go', async () => {
    await show([aRawPosition({ legs: [aRawLeg({ quantity: 1 })] })])

    expect(allByTestId(page, 'drag-leg')).toEqual([])
    expect(allByTestId(page, 'drag-strategy')).toEqual([])
  })
})
