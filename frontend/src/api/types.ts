/** The page's own types: the wire's, in camelCase. Money stays a decimal string. */
import type { Camelized } from '@/lib/camelize'

import type * as wire from './wire'

export type Leg = Camelized<wire.RawLeg>
export type Position = Camelized<wire.RawPosition>
export type Metrics = Camelized<wire.RawMetrics>
export type Payoff = NonNullable<NonNullable<Metrics['outlook']>['payoff']>
export type EditResponse = Camelized<wire.RawEditResponse>
export type LastEdit = Camelized<wire.RawLastEdit>
export type Pick = Camelized<wire.RawPick>
export type Orphan = NonNullable<Position['orphan']>
export type OutsideEvent = Position['events'][number]
export type PositionHistory = Camelized<wire.RawPositionHistory>
export type Deed = PositionHistory['deeds'][number]
export type Unassigned = Camelized<wire.RawUnassigned>
export type Positions = Camelized<wire.RawPositionsResponse>

export type Close = Camelized<wire.RawClose>
export type CloseLeg = Camelized<wire.RawCloseLeg>
export type Attempt = Camelized<wire.RawAttempt>
export type Walk = NonNullable<Close['walk']>
export type CloseReport = NonNullable<Close['report']>
export type History = Camelized<wire.RawHistory>
export type Totals = Camelized<wire.RawTotals>
export type PhaseName = Close['phase']

export type CloseOrderResult = Camelized<wire.RawCloseOrderResult>
export type CloseStrategyResponse = Camelized<wire.RawCloseStrategyResponse>
export type CloseLegResponse = Camelized<wire.RawCloseLegResponse>
export type ChangeCloseResponse = Camelized<wire.RawChangeCloseResponse>
export type CancelCloseResponse = Camelized<wire.RawCancelCloseResponse>

export type ClosePreview = Camelized<wire.RawClosePreview>
export type PreviewOrder = ClosePreview['orders'][number]
export type PreviewLeg = PreviewOrder['legs'][number]
export type PreviewWarning = ClosePreview['warnings'][number]
export type PreviewConflict = ClosePreview['conflicts'][number]
export type PositionRisk = NonNullable<ClosePreview['riskAfter']>
export type Fees = NonNullable<ClosePreview['fees']>

export type Status = Camelized<wire.RawStatus>
export type Link = Status['trading']
export type Market = Status['market']
export type Breaker = Status['breaker']

export type StreamMessage = Camelized<wire.RawStreamMessage>
export type OrderType = Close['orderType']
export type CloseAction = CloseLeg['action']

/** What is asked of a close; prices are decimal strings in dollars per share. */
export type CloseStrategyOptions = Options<Omit<wire.RawCloseStrategyRequest, 'position_id'>>
export type CloseLegOptions = Options<Omit<wire.RawCloseLegRequest, 'leg_id'>>
/** Of either; which of them fit is for who asks to know. */
export type CloseOptions = Options<Omit<wire.RawClosePreviewRequest, 'leg_id'>>

/** What is sent: the options, and the preview that they are agreed to by. */
export type AgreedOptions = CloseOptions & { previewId?: string | null | undefined }

/** What is left out is the server's default. */
export type Options<Raw> = { [Key in keyof Camelized<Raw>]?: Camelized<Raw>[Key] | undefined }
