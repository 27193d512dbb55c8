/** Whole units of a strategy, or contracts of a leg: how many of how many. */
export const PERCENTS = [25, 50, 75, 100] as const

/** Rounded down to whole units, and at least one. */
export function portionOf(total: number, percent: number): number {
  return Math.max(1, Math.floor((total * percent) / 100))
}

/** The percentages that differ: of two units, a quarter and three quarters are both one half. */
export function shortcuts(total: number): { percent: number; units: number }[] {
  const all = PERCENTS.map((percent) => ({ percent, units: portionOf(total, percent) }))
  const off = ({ percent, units }: { percent: number; units: number }): number =>
    Math.abs(percent * total - units * 100)
  return all.filter((one) =>
    all.every((other) => other.units !== one.units || other === one || off(one) < off(other)),
  )
}

/** What was typed, as a whole number from one to all; null when it is not one. */
export function parseUnits(text: string, total: number): number | null {
  const units = /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0
  return units >= 1 && units <= total ? units : null
}
