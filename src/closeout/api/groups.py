"""From claims and chains to what the contract shows of them."""

from decimal import Decimal

from closeout.api.deps import Desk
from closeout.closing.netting import explain
from closeout.domain.chains import ChainLink, total_realised
from closeout.domain.grouping import Grouping
from closeout.domain.happenings import orphan, outside_events
from closeout.domain.repairs import Attachment, attachments
from closeout.domain.strategies import Strategy
from closeout.schemas.groups import (
    ChangeOut,
    DeedOut,
    MissingOut,
    NettedOut,
    OrphanOut,
    OutsideEventOut,
    PositionHistory,
    RepairOut,
    UnassignedOut,
)

_CENT = Decimal("0.01")


def netted_out(strategy: Strategy) -> list[NettedOut]:
    legs = {leg.symbol: leg for leg in strategy.legs}
    return [
        NettedOut(
            symbol=each.symbol,
            contracts=each.contracts,
            position_ids=list(each.with_ids),
            message=explain(legs[each.symbol], each),
        )
        for each in strategy.netted
    ]


def missing_out(strategy: Strategy) -> list[MissingOut]:
    return [MissingOut(symbol=symbol, quantity=count) for symbol, count in strategy.missing]


def events_out(desk: Desk, strategy: Strategy) -> list[OutsideEventOut]:
    book = desk.engine.book
    assert book.holdings is not None, "a strategy comes from holdings"
    links = book.grouping.histories.get(strategy.id, ())
    return [
        OutsideEventOut(at=each.at, kind=each.kind.value, text=each.text, order_id=each.order_id)
        for each in outside_events(strategy, links, book.holdings.at)
    ]


def orphan_out(desk: Desk, strategy: Strategy) -> OrphanOut | None:
    grouping = desk.engine.book.grouping
    found = orphan(strategy, grouping.histories.get(strategy.id, ()))
    if found is None:
        return None
    attach = [
        RepairOut(kind="attach", position_id=each.strategy.id, text=_attach_text(each))
        for each in attachments(strategy, grouping.strategies)
    ]
    close = RepairOut(kind="close", position_id=None, text="Close it.")
    leave = RepairOut(kind="leave", position_id=None, text="Leave it as it is.")
    return OrphanOut(
        reason=found.reason,
        is_left=found.is_left,
        repairs=[close, *attach, *([] if found.is_left else [leave])],
    )


def _attach_text(attachment: Attachment) -> str:
    together = f": together a {attachment.makes}" if attachment.makes else ""
    return f"Attach it to {attachment.strategy.name}{together}."


def unassigned_out(grouping: Grouping) -> list[UnassignedOut]:
    return [
        UnassignedOut(
            symbol=each.symbol,
            quantity=each.quantity,
            reason=each.reason,
            is_difference=each.is_difference,
        )
        for each in grouping.unassigned
    ]


def history_out(desk: Desk, strategy: Strategy) -> PositionHistory:
    links = desk.engine.book.grouping.histories.get(strategy.id, ())
    return PositionHistory(
        position_id=strategy.id,
        deeds=[_deed(link) for link in links],
        pnl_realised=_cents(total_realised(links)),
    )


def _deed(link: ChainLink) -> DeedOut:
    return DeedOut(
        at=link.at,
        deed=link.deed.value,
        order_id=link.order_id,
        changes=[
            ChangeOut(symbol=each.symbol, quantity=each.quantity, price=each.price)
            for each in link.changes
        ],
        pnl_realised=_cents(link.realised),
        position_ids=list(link.others),
    )


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_CENT)
