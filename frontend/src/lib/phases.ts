import type { CloseAction, CloseLeg, PhaseName } from '@/api/types'

export type Tone = 'busy' | 'success' | 'warning' | 'danger' | 'neutral'

interface Phase {
  label: string
  tone: Tone
  /** What the phase means, for someone who sees it for the first time. */
  meaning: string
}

export const PHASES: Record<PhaseName, Phase> = {
  clearing: {
    label: 'Clearing the way',
    tone: 'busy',
    meaning: 'Orders that hold these contracts are being cancelled; nothing was sent yet.',
  },
  sending: {
    label: 'Sending',
    tone: 'busy',
    meaning: 'The order is on its way to the broker.',
  },
  unknown: {
    label: 'Outcome unknown',
    tone: 'warning',
    meaning:
      'No clear answer from the broker. The order is being looked up; do not send another one.',
  },
  working: {
    label: 'Working',
    tone: 'busy',
    meaning: 'The broker has the order; it is not filled yet.',
  },
  cancelling: {
    label: 'Cancelling',
    tone: 'busy',
    meaning: 'A cancel was asked for. Fills may still arrive.',
  },
  verifying: {
    label: 'Verifying',
    tone: 'busy',
    meaning: 'Filled; waiting for the broker’s positions to agree.',
  },
  closed: {
    label: 'Closed',
    tone: 'success',
    meaning: 'Every contract filled, and the broker’s positions agree.',
  },
  cancelled: {
    label: 'Cancelled',
    tone: 'neutral',
    meaning: 'The order no longer works. What was not filled is still held.',
  },
  rejected: {
    label: 'Rejected',
    tone: 'danger',
    meaning: 'The broker refused the order. Nothing of it works.',
  },
  needs_attention: {
    label: 'Needs attention',
    tone: 'danger',
    meaning: 'Closeout stopped here and needs you to decide.',
  },
}

interface LegState {
  label: string
  tone: Tone
}

export const LEG_STATES: Record<CloseLeg['status'], LegState> = {
  waiting: { label: 'Waiting its turn', tone: 'neutral' },
  sending: { label: 'Sending', tone: 'busy' },
  unknown: { label: 'Being looked up', tone: 'warning' },
  working: { label: 'Working', tone: 'busy' },
  filled: { label: 'Filled', tone: 'success' },
  failed: { label: 'Refused', tone: 'danger' },
  ended: { label: 'Order over, contracts left', tone: 'warning' },
}

export const ACTIONS: Record<CloseAction, string> = {
  buy_to_close: 'Buy to close',
  sell_to_close: 'Sell to close',
}
