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
  History,
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
  RawHistory,
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
