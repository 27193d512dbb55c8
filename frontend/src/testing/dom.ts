import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'

type Scope = Pick<VueWrapper, 'find' | 'findAll'>

/** The element with this `data-testid`; missing ones are found out by `exists()`. */
export const byTestId = (scope: Scope, id: string): DOMWrapper<Element> =>
  scope.find(`[data-testid="${id}"]`)

export const allByTestId = (scope: Scope, id: string): DOMWrapper<Element>[] =>
  scope.findAll(`[data-testid="${id}"]`)

/** What the messages on the screen say. */
export async function notices(): Promise<string[]> {
  await flushPromises()
  const shown = [...document.querySelectorAll<HTMLElement>('.el-notification')]
  return shown.filter(({ style }) => style.display !== 'none').map((notice) => notice.textContent.trim())
}

/** Its text with one space between what different elements say. */
export function wordsOf(scope: Pick<VueWrapper, 'element'>): string {
  const texts: string[] = []
  const collect = (node: Node): void => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent ?? '')
    node.childNodes.forEach(collect)
  }
  collect(scope.element as Node)
  return texts.join(' ').replace(/\s+/g, ' ').trim()
}
