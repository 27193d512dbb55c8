import { watch } from 'vue'

import { useDeskStore } from '@/stores/desk'
import { useNoticesStore } from '@/stores/notices'

/** Tell in every open tab how closes end; those that ended before the page was opened are no news. */
export function useEndingNotices(): void {
  const desk = useDeskStore()
  const notices = useNoticesStore()
  let opened = false

  watch(
    () => desk.closes,
    (closes) => {
      if (opened) closes.forEach(notices.tellEndingOf)
      else notices.keepQuietAbout(closes)
      opened = true
    },
  )
}
