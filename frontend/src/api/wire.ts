/** The wire's own types, generated from the OpenAPI document; `Raw` means snake_case. */
export type {
  AttemptOut as RawAttempt,
  CancelCloseResponse as RawCancelCloseResponse,
  CloseLegOut as RawCloseLeg,
  CloseLegRequest as RawCloseLegRequest,
  CloseLegResponse as RawCloseLegResponse,
  CloseMessage as RawCloseMessage,
  CloseOrderResult as RawCloseOrderResult,
  CloseOut as RawClose,
  ClosePreview as RawClosePreview,
  ClosePreviewRequest as RawClosePreviewRequest,
  CloseStrategyRequest as RawCloseStrategyRequest,
  CloseStrategyResponse as RawCloseStrategyResponse,
  ClosesResponse as RawClosesResponse,
  LegOut as RawLeg,
  MetricsOut as RawMetrics,
  OutlooksMessage as RawOutlooksMessage,
  PositionOut as RawPosition,
  PositionsMessage as RawPositionsMessage,
  PositionsResponse as RawPositionsResponse,
  Problem as RawProblem,
  QuotesMessage as RawQuotesMessage,
  SnapshotMessage as RawSnapshotMessage,
  StatusMessage as RawStatusMessage,
  StatusOut as RawStatus,
} from './schema'

import type {
  CloseMessage,
  OutlooksMessage,
  PositionsMessage,
  QuotesMessage,
  SnapshotMessage,
  StatusMessage,
} from './schema'

export type RawStreamMessage =
  | SnapshotMessage
  | PositionsMessage
  | QuotesMessage
  | OutlooksMessage
  | CloseMessage
  | StatusMessage
