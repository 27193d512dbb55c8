"""The exchange's orders as our domain's reports, as the adapter would read them."""

from dataclasses import replace
from decimal import Decimal

from alpaca_simulator.exchange import events as told
from alpaca_simulator.exchange import orders as theirs
from closeout.domain.orders import (
    Execution,
    Intent,
    LegReport,
    OrderReport,
    OrderStatus,
    Side,
    Ticket,
    TradeUpdate,
)


def report_of(order: theirs.Order) -> OrderReport:
    status = OrderStatus(order.status.value)
    return OrderReport(
        order_id=order.id,
        client_order_id=order.client_order_id,
        status=status,
        raw_status=order.status.value,
        order_class=order.order_class.value,
        order_type=order.type.value if order.type else "",
        units=order.qty,
        filled_units=order.filled_qty,
        limit=order.limit_price,
        net_price=_net(order),
        legs=tuple(_leg(row, status) for row in order.contracts),
        submitted_at=order.submitted_at,
        updated_at=order.updated_at,
        replaced_by=order.replaced_by,
        replaces=order.replaces,
    )


def update_of(event: told.TradeUpdate) -> TradeUpdate:
    report, executions = report_of(event.order), _executions(event)
    is_bust = event.event == "trade_bust"
    return TradeUpdate(
        event=event.event,
        event_id=event.event_id,
        order=report,
        executions=() if is_bust else executions,
        positions=tuple(event.position_qtys.items()),
        at=event.timestamp,
        is_revision=is_bust,
        undone=executions if is_bust else (),
    )


def without_legs(update: TradeUpdate) -> TradeUpdate:
    """The same message with its legs left out, as some messages have come."""
    if len(update.order.legs) == 1 or update.is_revision:
        return update
    return replace(update, order=replace(update.order, legs=()), executions=())


def request_of(ticket: Ticket) -> theirs.OrderRequest:
    kind = theirs.OrderType(ticket.order_type.value)
    if ticket.is_package:
        return theirs.OrderRequest(
            qty=Decimal(ticket.units),
            type=kind,
            time_in_force=theirs.TimeInForce.DAY,
            order_class=theirs.OrderClass.MLEG,
            limit_price=ticket.limit,
            client_order_id=ticket.client_order_id,
            legs=tuple(
                theirs.LegRequest(
                    symbol=leg.symbol,
                    ratio_qty=Decimal(leg.ratio),
                    side=theirs.Side(leg.side.value),
                    position_intent=theirs.PositionIntent(leg.intent.value),
                )
                for leg in ticket.legs
            ),
        )
    [leg] = ticket.legs
    return theirs.OrderRequest(
        qty=Decimal(ticket.units * leg.ratio),
        type=kind,
        time_in_force=theirs.TimeInForce.DAY,
        symbol=leg.symbol,
        side=theirs.Side(leg.side.value),
        limit_price=ticket.limit,
        client_order_id=ticket.client_order_id,
        position_intent=theirs.PositionIntent(leg.intent.value),
    )


def _leg(row: theirs.Order, status: OrderStatus) -> LegReport:
    return LegReport(
        order_id=row.id,
        symbol=row.symbol,
        side=Side(row.side.value) if row.side else None,
        intent=Intent(row.position_intent.value) if row.position_intent else None,
        ratio=row.ratio_qty or 1,
        quantity=row.qty,
        filled=row.filled_qty,
        average_price=row.filled_avg_price,
        status=status,
    )


def _net(order: theirs.Order) -> Decimal | None:
    return order.filled_avg_price


def _executions(event: told.TradeUpdate) -> tuple[Execution, ...]:
    if event.legs:
        return tuple(
            Execution(it.execution_id, it.order_id, it.symbol, it.qty, it.price, it.timestamp)
            for it in event.legs
        )
    if event.execution_id is None or event.price is None or event.qty is None:
        return ()
    it = event.order
    return (
        Execution(event.execution_id, it.id, it.symbol, event.qty, event.price, event.timestamp),
    )
