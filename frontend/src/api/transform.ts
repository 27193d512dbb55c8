/** The one border where snake_case becomes camelCase. */
import { camelize } from '@/lib/camelize'

import type {
  CancelCloseResponse,
  ChangeCloseResponse,
  Close,
  CloseLegResponse,
  CloseOrderResult,
  ClosePreview,
  CloseStrategyResponse,
  EditResponse,
  History,
  PositionHistory,
  Positions,
  Status,
  StreamMessage,
} from './types'
import type {
  RawCancelCloseResponse,
  RawChangeCloseResponse,
  RawClose,
  RawCloseLegResponse,
  RawCloseOrderResult,
  RawClosePreview,
  RawCloseStrategyResponse,
  RawEditResponse,
  RawHistory,
  RawPositionHistory,
  RawPositionsResponse,
  RawStatus,
  RawStreamMessage,
} from './wire'

export const transformCloseOrderResult = (raw: RawCloseOrderResult): CloseOrderResult =>
  camelize(raw)

export const transformCloseStrategyResponse = (
  raw: RawCloseStrategyResponse,
): CloseStrategyResponse => ({
  ...camelize(raw),
  orders: raw.orders.map(transformCloseOrderResult),
})

export const transformCloseLegResponse = (raw: RawCloseLegResponse): CloseLegResponse => ({
  ...camelize(raw),
  order: raw.order && transformCloseOrderResult(raw.order),
})

export const transformPositions = (raw: RawPositionsResponse): Positions => camelize(raw)
export const transformPositionHistory = (raw: RawPositionHistory): PositionHistory => camelize(raw)
export const transformEditResponse = (raw: RawEditResponse): EditResponse => camelize(raw)
export const transformStatus = (raw: RawStatus): Status => camelize(raw)
export const transformClose = (raw: RawClose): Close => camelize(raw)
export const transformHistory = (raw: RawHistory): History => camelize(raw)
export const transformChangeCloseResponse = (
  raw: RawChangeCloseResponse,
): ChangeCloseResponse => camelize(raw)
export const transformClosePreview = (raw: RawClosePreview): ClosePreview => camelize(raw)
export const transformCancelCloseResponse = (
  raw: RawCancelCloseResponse,
): CancelCloseResponse => camelize(raw)
export const transformStreamMessage = (raw: RawStreamMessage): StreamMessage => camelize(raw)
