/** The page's own types: the wire's, in camelCase. Money stays a decimal string. */
import type { Camelized } from '@/lib/camelize'

import type * as wire from './wire'

export type Leg = Camelized<wire.RawLeg>
export type Position = Camelized<wire.RawPosition>
export type Metrics = Camelized<wire.RawMetrics>
export type Payoff = NonNullable<NonNullable<Metrics['outlook']>['payoff']>
export type Positions = Camelized<wire.RawPositionsResponse>

export type Close = Camelized<wire.RawClose>
export type CloseLeg = Camelized<wire.RawCloseLeg>
export type Attempt = Camelized<wire.RawAttempt>
export type PhaseName = Close['phase']

export type CloseOrderResult = Camelized<wire.RawCloseOrderResult>
export type CloseStrategyResponse = Camelized<wire.RawCloseStrategyResponse>
export type CloseLegResponse = Camelized<wire.RawCloseLegResponse>
export type CancelCloseResponse = Camelized<wire.RawCancelCloseResponse>

export type ClosePreview = Camelized<wire.RawClosePreview>
export type PreviewOrder = ClosePreview['orders'][number]
export type PreviewLeg = PreviewOrder['legs'][number]
export type PreviewWarning = ClosePreview['warnings'][number]

export type Status = Camelized<wire.RawStatus>
export type Link = Status['trading']
export type Market = Status['market']
export type Breaker = Status['breaker']

export type StreamMessage = Camelized<wire.RawStreamMessage>
export type OrderType = Close['orderType']
export type CloseAction = CloseLeg['action']

/** What is asked of a close; prices are decimal strings in dollars per share. */
export interface CloseStrategyOptions {
  orderType: OrderType
  limitPriceOffset: string | null
  /** The limit itself, as a preview showed it; goes without an offset. */
  limitPrice: string | null
}

export interface CloseLegOptions {
  orderType: OrderType
  limitPrice: string | null
}
