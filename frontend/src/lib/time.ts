/** Ages and instants in words. Instants are ISO 8601 strings; durations are milliseconds. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Where the listed options trade; session times are told in its time. */
const EXCHANGE = 'America/New_York'

/** `12 s`, `4 min`, `3 h`, `2 d`: the largest unit only. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms)
  if (age < MINUTE) return `${String(Math.floor(age / SECOND))} s`
  if (age < HOUR) return `${String(Math.floor(age / MINUTE))} min`
  if (age < DAY) return `${String(Math.floor(age / HOUR))} h`
  return `${String(Math.floor(age / DAY))} d`
}

/** A running clock: `0:07`, `12:40`, `1:02:03`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (parts[0] === 0) parts.shift()
  return parts
    .map((part, index) => String(part).padStart(index === 0 ? 1 : 2, '0'))
    .join(':')
}

/** Milliseconds from `instant` to `now`, or null when the instant is not known. */
export function ageOf(instant: string | null, now: number): number | null {
  return instant === null ? null : now - Date.parse(instant)
}

const sessionTime = new Intl.DateTimeFormat('en-US', {
  timeZone: EXCHANGE,
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** `Mon 09:30 ET`. */
export function formatSession(instant: string): string {
  return `${sessionTime.format(new Date(instant)).replace(',', '')} ET`
}

const sessionDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: EXCHANGE,
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** `18 Dec 15:15` in the exchange's time: further away than a weekday would tell. */
export function formatSessionDay(instant: string): string {
  return sessionDay.format(new Date(instant)).replace(',', '')
}

const sessionDate = new Intl.DateTimeFormat('en-GB', {
  timeZone: EXCHANGE,
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})

/** The exchange's day of an instant: `18 Dec 2026`. */
export const formatSessionDate = (instant: string): string => sessionDate.format(new Date(instant))

const localTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const localDateTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
})

export const formatTime = (instant: string): string => localTime.format(new Date(instant))
const localSession = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  hour: 'numeric',
  minute: '2-digit',
})

/** A session's time on the reader's own clock. */
export const formatLocalSession = (instant: string): string =>
  localSession.format(new Date(instant))

export const formatDateTime = (instant: string): string =>
  localDateTime.format(new Date(instant))

const calendarDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})

/** A calendar date `2026-12-18` as `18 Dec 2026`, whatever the browser's time zone. */
export function formatDay(date: string): string {
  return calendarDay.format(new Date(`${date}T00:00:00Z`))
}

export function formatDaysLeft(days: number): string {
  if (days < 0) return 'expired'
  if (days === 0) return 'expires today'
  return days === 1 ? '1 day left' : `${String(days)} days left`
}
