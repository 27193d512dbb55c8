/** The wire's own types, generated from the OpenAPI document; `Raw` means snake_case. */
export type {
  AttemptOut as RawAttempt,
  ChangeCloseResponse as RawChangeCloseResponse,
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
  EditResponse as RawEditResponse,
  HistoryResponse as RawHistory,
  HistoryTotalsOut as RawTotals,
  LastEditOut as RawLastEdit,
  LegOut as RawLeg,
  MetricsOut as RawMetrics,
  OutlooksMessage as RawOutlooksMessage,
  PickIn as RawPick,
  PositionHistory as RawPositionHistory,
  PositionOut as RawPosition,
  PositionsMessage as RawPositionsMessage,
  PositionsResponse as RawPositionsResponse,
  Problem as RawProblem,
  QuotesMessage as RawQuotesMessage,
  ReportOut as RawReport,
  SnapshotMessage as RawSnapshotMessage,
  StatusMessage as RawStatusMessage,
  StatusOut as RawStatus,
  UnassignedOut as RawUnassigned,
  WalkOut as RawWalk,
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
