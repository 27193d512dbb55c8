/** Answers as the server sends them: an iron condor and what can become of it. */
import { transformClose, transformClosePreview, transformPositions, transformStatus } from '@/api/transform'
import type { Close, ClosePreview, Position, Status } from '@/api/types'
import type {
  RawAttempt,
  RawClose,
  RawCloseLeg,
  RawClosePreview,
  RawCloseStrategyResponse,
  RawEditResponse,
  RawHistory,
  RawLeg,
  RawMetrics,
  RawPosition,
  RawSnapshotMessage,
  RawReport,
  RawStatus,
  RawTotals,
  RawWalk,
} from '@/api/wire'

export const NOW = '2026-11-23T15:00:00Z'

export function aRawLeg(changes: Partial<RawLeg> = {}): RawLeg {
  return {
    id: 'leg-520p',
    symbol: 'SPY261218P00520000',
    direction: 'Short',
    strike: '520.000',
    option_type: 'Put',
    quantity: 10,
    entry_price: '2.05',
    current_price: '1.295',
    bid: '1.28',
    ask: '1.31',
    expiry_date: '2026-12-18',
    underlying: 'SPY',
    pnl_dollars: '755.000',
    pnl_percent: '36.829',
    asset_class: 'us_option',
    ratio: 1,
    close_action: 'buy_to_close',
    quote_at: NOW,
    adjusted: null,
    blocked_reason: null,
    ...changes,
  }
}

export const CONDOR_LEGS: RawLeg[] = [
  aRawLeg({
    id: 'leg-510p',
    symbol: 'SPY261218P00510000',
    direction: 'Long',
    strike: '510.000',
    close_action: 'sell_to_close',
    pnl_dollars: '-395.00',
    pnl_percent: '-35.3',
  }),
  aRawLeg(),
  aRawLeg({
    id: 'leg-580c',
    symbol: 'SPY261218C00580000',
    strike: '580.000',
    option_type: 'Call',
  }),
  aRawLeg({
    id: 'leg-590c',
    symbol: 'SPY261218C00590000',
    direction: 'Long',
    strike: '590.000',
    option_type: 'Call',
    close_action: 'sell_to_close',
  }),
]

/** What the model condor is worth and may come to: 185 dollars a unit won or 815 lost. */
export function aRawMetrics(changes: Partial<RawMetrics> = {}): RawMetrics {
  return {
    worth: {
      value_natural: '-1320.00',
      value_mid: '-1290.00',
      net_natural: '1.3200',
      net_mid: '1.2900',
      pnl_natural: '530.00',
      pnl_open: '560.00',
      profit_share: '30.27',
      loss_share: '-6.87',
    },
    pnl_realised: '0.00',
    risk: {
      max_profit: '1850.00',
      max_loss: '-8150.00',
      unlimited_profit: false,
      unlimited_loss: false,
      break_evens: ['518.15', '581.85'],
      modelled: false,
    },
    outlook: {
      greeks: { delta: -12.4, gamma: -1.9, theta: 41.2, vega: -133.5, rho: 4.1 },
      implied_volatility: 0.1875,
      expected_move: 26.91,
      payoff: {
        spots: [490, 510, 520, 548.21, 580, 590, 610],
        at_expiry: [-8150, -8150, 1850, 1850, 1850, -8150, -8150],
        today: [-7320, -4410, -2240, 560, -1870, -3900, -6980],
      },
      legs: [],
    },
    next_event: {
      kind: 'expiry_cutoff',
      at: '2026-12-18T20:15:00Z',
      message: 'Expires on Friday 18 December.',
    },
    dividend: { status: 'none', ex_date: null, amount: null, special: false },
    ...changes,
  }
}

export function aRawPosition(changes: Partial<RawPosition> = {}): RawPosition {
  return {
    id: 'spy-condor',
    account: 'paper-main',
    ticker: 'SPY',
    strategy: 'Iron Condor',
    expiry_date: '2026-12-18',
    days_to_expiry: 25,
    spot_price: '548.2134',
    quantity: 10,
    legs: CONDOR_LEGS,
    total_pnl: '560.00',
    created_at: NOW,
    as_of: NOW,
    net_entry: '-1.85',
    grouped_by: 'opening_order',
    netted_with: [],
    missing: [],
    events: [],
    orphan: null,
    close_id: null,
    spot_at: NOW,
    blocked_reason: null,
    metrics: aRawMetrics(),
    ...changes,
  }
}

/** The same condor a month later: what may be merged with the first. */
export const aLaterPosition = (changes: Partial<RawPosition> = {}): RawPosition =>
  aRawPosition({
    id: 'pos_1a7e',
    expiry_date: '2027-01-15',
    quantity: 2,
    legs: [
      aRawLeg({ id: 'leg-later', symbol: 'SPY270115P00520000', expiry_date: '2027-01-15', quantity: 2 }),
    ],
    ...changes,
  })

export function aRawEdit(text: string, positions: RawPosition[]): RawEditResponse {
  return {
    edit: {
      number: 7,
      at: NOW,
      kind: 'merged',
      text,
      position_ids: positions.map(({ id }) => id),
      stands: true,
      shortfall: [],
    },
    positions,
    total_count: positions.length,
    as_of: NOW,
  }
}

export function aRawStatus(changes: Partial<RawStatus> = {}): RawStatus {
  const link = { state: 'up', since: NOW, detail: null } as const
  return {
    mode: 'SIMULATED',
    account: 'paper-main',
    feed: 'indicative',
    version: '0.1.0',
    trading: link,
    option_data: link,
    stock_data: link,
    breaker: { state: 'closed', failures: 0, retry_at: null },
    market: {
      is_open: true,
      next_open: '2026-11-24T14:30:00Z',
      next_close: '2026-11-23T21:00:00Z',
      as_of: NOW,
    },
    positions_as_of: NOW,
    positions_error: null,
    equity: '104233.87',
    unassigned: [],
    journal_error: null,
    standing_by: null,
    last_edit: null,
    server_time: NOW,
    ...changes,
  }
}

export function aRawCloseLeg(leg: RawLeg, changes: Partial<RawCloseLeg> = {}): RawCloseLeg {
  return {
    leg_id: leg.id,
    symbol: leg.symbol,
    action: leg.close_action,
    quantity: leg.quantity,
    filled_qty: 0,
    filled_avg_price: null,
    status: 'working',
    error_message: null,
    ...changes,
  }
}

export function aRawAttempt(changes: Partial<RawAttempt> = {}): RawAttempt {
  return {
    step: 1,
    attempt: 1,
    client_order_id: 'co-1',
    order_id: 'order-1',
    status: 'new',
    order_type: 'limit',
    order_class: 'mleg',
    limit_price: '1.34',
    units: 10,
    filled_units: 0,
    net_fill_price: null,
    sent_at: NOW,
    ...changes,
  }
}

/** At the third of twelve prices, five seconds before the next. */
export function aRawWalk(changes: Partial<RawWalk> = {}): RawWalk {
  return {
    pace: 'normal',
    step: 3,
    steps: 12,
    limit: '1.31',
    mid: '1.29',
    natural: '1.35',
    worst: '1.40',
    started_at: '2026-11-23T14:59:45Z',
    ends_at: '2026-11-23T15:00:45Z',
    next_step_at: '2026-11-23T15:00:05Z',
    holding: null,
    at_end: 'rest',
    crossing: false,
    resting: false,
    changing: false,
    changeable: true,
    ...changes,
  }
}

/** Filled a cent above the mid of the decision, three cents away from natural. */
export function aRawReport(changes: Partial<RawReport> = {}): RawReport {
  const comparison = {
    at: NOW,
    mid: '1.29',
    natural: '1.32',
    against_mid: { cents: '1', dollars: '10.00' },
    against_natural: { cents: '-2', dollars: '-20.00' },
    half_spread_share: '0.3333',
  }
  return {
    feed: 'indicative',
    units: '10',
    fill_price: '1.30',
    decision: comparison,
    first_send: comparison,
    at_fill: comparison,
    half_spread_share: '0.3333',
    cash: '-1300.00',
    pnl: '550.00',
    fees: { total: '1.68', exact: '1.6752', fees: [], confirmed: false },
    seconds_to_flat: 23.4,
    ...changes,
  }
}

export function aRawTotals(changes: Partial<RawTotals> = {}): RawTotals {
  return {
    terms: null,
    closes: 1,
    closed: 1,
    cash: '-1300.00',
    pnl: '550.00',
    pnl_unknown: 0,
    fees: '1.68',
    median_half_spread_share: '0.3333',
    measured: 1,
    median_seconds_to_flat: 23.4,
    ...changes,
  }
}

export function aRawHistory(changes: Partial<RawHistory> = {}): RawHistory {
  return {
    closes: [],
    total_count: changes.closes?.length ?? 0,
    next_before: null,
    totals: aRawTotals(),
    by_terms: [],
    ...changes,
  }
}

export function aRawClose(changes: Partial<RawClose> = {}): RawClose {
  const ended = ['closed', 'cancelled', 'rejected', 'needs_attention'].includes(
    changes.phase ?? 'working',
  )
  return {
    id: 'close-1',
    account: 'paper-main',
    position_id: 'spy-condor',
    leg_id: null,
    ticker: 'SPY',
    strategy: 'Iron Condor',
    phase: 'working',
    message: 'The order is working at Alpaca: nothing filled yet.',
    reason_code: null,
    order_type: 'limit',
    legs: CONDOR_LEGS.map((leg) => aRawCloseLeg(leg)),
    total_legs: 4,
    closed_legs: 0,
    attempts: [aRawAttempt()],
    cash: null,
    walk: null,
    conflicts: [],
    elsewhere: [],
    cancellable: !ended,
    ended,
    opened_at: NOW,
    updated_at: NOW,
    ended_at: ended ? NOW : null,
    report: null,
    ...changes,
  }
}

export function aRawPreview(changes: Partial<RawClosePreview> = {}): RawClosePreview {
  return {
    preview_id: 'prv_1',
    expires_at: '2026-11-23T15:00:30Z',
    position_id: 'spy-condor',
    leg_id: null,
    ticker: 'SPY',
    strategy: 'Iron Condor',
    orders: [
      {
        order_class: 'mleg',
        order_type: 'market',
        time_in_force: 'day',
        units: 10,
        limit_price: null,
        natural: '1.35',
        mid: '1.29',
        worst: null,
        legs: CONDOR_LEGS.map((leg) => ({
          leg_id: leg.id,
          symbol: leg.symbol,
          action: leg.close_action,
          quantity: leg.quantity,
          ratio: leg.ratio,
          bid: leg.bid,
          bid_size: 10,
          ask: leg.ask,
          ask_size: 10,
          mid: leg.current_price,
          quote_at: leg.quote_at,
          quote_age_seconds: 0,
          fees: [],
        })),
        instead: [],
      },
    ],
    cash_natural: '-1350.00',
    cash_mid: '-1290.00',
    cash_limit: null,
    cash_worst: null,
    pnl_natural: '500.00',
    pnl_mid: '560.00',
    pnl_limit: null,
    pnl_worst: null,
    fees: { total: '1.67', exact: '1.65526', fees: [] },
    buying_power: {
      before: '100000.00',
      after: '108650.00',
      margin_before: '10000.00',
      margin_after: '0.00',
      released: '10000.00',
      cash: '-1350.00',
    },
    uncovered_before: 0,
    uncovered_after: 0,
    remaining_legs: [],
    conflicts: [],
    cancels_first: [],
    warnings: [],
    problem: null,
    problem_code: null,
    limit_allowed: false,
    market_open: true,
    next_open: '2026-11-24T14:30:00Z',
    feed: 'indicative',
    as_of: NOW,
    ...changes,
  }
}

export function aRawStrategyAnswer(
  changes: Partial<RawCloseStrategyResponse> = {},
): RawCloseStrategyResponse {
  return {
    status: 'success',
    position_id: 'spy-condor',
    orders: CONDOR_LEGS.map(({ symbol }) => ({
      symbol,
      order_id: 'order-1',
      status: 'submitted',
      filled_qty: 0,
      filled_avg_price: null,
      error_message: null,
    })),
    message: 'The order is working at Alpaca: nothing filled yet.',
    total_legs: 4,
    closed_legs: 0,
    close_id: 'close-1',
    phase: 'working',
    ...changes,
  }
}

export function aRawSnapshot(changes: Partial<RawSnapshotMessage> = {}): RawSnapshotMessage {
  return {
    type: 'snapshot',
    epoch: 'run-1',
    seq: 7,
    at: NOW,
    status: aRawStatus(),
    positions: [aRawPosition()],
    unassigned: [],
    closes: [],
    ...changes,
  }
}

export function aPosition(changes: Partial<RawPosition> = {}): Position {
  const [position] = transformPositions({
    status: 'success',
    positions: [aRawPosition(changes)],
    total_count: 1,
    as_of: NOW,
    message: null,
    reading: false,
    unassigned: [],
  }).positions
  if (!position) throw new Error('one position in, one out')
  return position
}

export const aStatus = (changes: Partial<RawStatus> = {}): Status =>
  transformStatus(aRawStatus(changes))
export const aClose = (changes: Partial<RawClose> = {}): Close => transformClose(aRawClose(changes))
export const aPreview = (changes: Partial<RawClosePreview> = {}): ClosePreview =>
  transformClosePreview(aRawPreview(changes))
