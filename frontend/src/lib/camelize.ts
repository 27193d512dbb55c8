type CamelKey<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelKey<Tail>>}`
  : Key

/** A wire type with every key, at every depth, in camelCase. */
export type Camelized<T> = T extends readonly (infer Item)[]
  ? Camelized<Item>[]
  : T extends object
    ? { [Key in keyof T as CamelKey<Key & string>]: Camelized<T[Key]> }
    : T

const known = new Map<string, string>()

function camelKey(key: string): string {
  let camel = known.get(key)
  if (camel === undefined) {
    camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    known.set(key, camel)
  }
  return camel
}

/** Rename keys and nothing else: values, null and decimal strings pass through untouched. */
export function camelize<T>(raw: T): Camelized<T> {
  if (Array.isArray(raw)) return raw.map((item: unknown) => camelize(item)) as Camelized<T>
  if (raw === null || typeof raw !== 'object') return raw as Camelized<T>
  const camel: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(raw)) camel[camelKey(key)] = camelize(value)
  return camel as Camelized<T>
}

const snakeKey = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The way back, for a request. What is undefined is left out, so that the server's default holds. */
export function decamelize<Raw>(camel: Camelized<Raw>): Raw {
  if (Array.isArray(camel)) return camel.map((item: unknown) => decamelize(item)) as Raw
  if (camel === null || typeof camel !== 'object') return camel as Raw
  const known = Object.entries(camel).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    known.map(([key, value]) => [snakeKey(key), decamelize(value as Camelized<unknown>)]),
  ) as Raw
}
