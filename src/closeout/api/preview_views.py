"""A preview as the contract shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closeout.api.deps import Desk
from closeout.api.fee_views import by_code, fees_out
from closeout.closing.aftermath import buying_power, cover, remaining_legs
from closeout.closing.cautions import cautions
from closeout.closing.conflicts import Conflict, find_conflicts
from closeout.closing.costs import plan_fees
from closeout.closing.ids import close_of
from closeout.closing.plans import Plan
from closeout.closing.preview import (
    StepPreview,
    Worth,
    net_or_none,
    preview_steps,
    worst_net,
    worth,
)
from closeout.closing.scene import Scene
from closeout.domain.fees import Fee
from closeout.domain.holdings import Holdings
from closeout.domain.orders import TicketLeg
from closeout.domain.session import exchange_date
from closeout.domain.strategies import Leg, Strategy
from closeout.runtime.previews import KeptPreview
from closeout.runtime.refusals import MarketClosed
from closeout.schemas.previews import (
    BuyingPowerOut,
    ClosePreview,
    ConflictLegOut,
    ConflictOut,
    PreviewLeg,
    PreviewOrder,
    PreviewWarning,
    RemainingLegOut,
)

_CENT = Decimal("0.01")
_UNPRICED = Worth(None, None, None, None, None, None, None, None)

Problem = tuple[str, str]
"""A stable code, and a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class PreviewView:
    """Shows what a close of a strategy, or of one leg of it, comes to as things are now."""

    desk: Desk
    strategy: Strategy
    leg: Leg | None
    holdings: Holdings
    now: datetime

    def show(
        self,
        plan: Plan | None,
        problem: Problem | None,
        kept: KeptPreview | None = None,
        cancels: Sequence[str] = (),
    ) -> ClosePreview:
        """Show a plan, or without one why there is none. What is `kept` can be sent as it is."""
        book = self.desk.engine.book
        market = book.market
        steps = preview_steps(plan, book.quotes) if plan else ()
        total = worth(steps, plan, self.strategy.legs) if plan else _UNPRICED
        fees = plan_fees(plan, book.quotes, exchange_date(self.now)) if plan else {}
        after = cover(self.holdings, plan) if plan else None
        left = remaining_legs(self.strategy, plan) if plan else self.strategy.legs
        conflicts = find_conflicts(plan, book.orders.open()) if plan else ()
        return ClosePreview(
            preview_id=kept.id if kept else None,
            expires_at=kept.expires_at if kept else None,
            position_id=self.strategy.id,
            leg_id=self.leg.id if self.leg else None,
            ticker=self.strategy.underlying,
            strategy=self.strategy.name,
            orders=[self._order(each, fees) for each in steps],
            cash_natural=cents(total.cash_natural),
            cash_mid=cents(total.cash_mid),
            cash_limit=cents(total.cash_limit),
            cash_worst=cents(total.cash_worst),
            pnl_natural=cents(total.pnl_natural),
            pnl_mid=cents(total.pnl_mid),
            pnl_limit=cents(total.pnl_limit),
            pnl_worst=cents(total.pnl_worst),
            fees=fees_out(fees.values()) if plan else None,
            buying_power=self._buying_power(plan, total) if plan else None,
            uncovered_before=after.uncovered_before if after else None,
            uncovered_after=after.uncovered_after if after else None,
            remaining_legs=[_remaining(leg) for leg in left],
            conflicts=[_conflict(each) for each in conflicts],
            cancels_first=[*cancels],
            warnings=self._warnings(plan) if plan else [],
            problem=problem[1] if problem else None,
            problem_code=problem[0] if problem else None,
            limit_allowed=problem is not None and problem[0] == MarketClosed.code,
            market_open=market.is_open if market else None,
            next_open=market.next_open if market else None,
            feed=self.desk.option_feed,
            as_of=self.now,
        )

    def _warnings(self, plan: Plan) -> list[PreviewWarning]:
        book = self.desk.engine.book
        scene = Scene(
            plan=plan,
            strategy=self.strategy,
            quotes=book.quotes,
            holdings=self.holdings,
            open_orders=book.orders.open(),
            market=book.market,
            feed=self.desk.option_feed,
            now=self.now,
            announced=self.desk.announcements.of(self.strategy.underlying),
        )
        return [
            PreviewWarning(
                code=each.code.value,
                severity=each.severity.value,
                message=each.message,
                symbol=each.symbol,
            )
            for each in cautions(scene)
        ]

    def _buying_power(self, plan: Plan, total: Worth) -> BuyingPowerOut:
        cash = total.cash_natural if total.cash_limit is None else total.cash_limit
        power = buying_power(self.desk.engine.book.account, self.holdings, plan, cash)
        return BuyingPowerOut(
            before=cents(power.before),
            after=cents(power.after),
            margin_before=cents(power.margin_before),
            margin_after=cents(power.margin_after),
            released=cents(power.released),
            cash=cents(power.cash),
        )

    def _order(self, each: StepPreview, fees: Mapping[str, tuple[Fee, ...]]) -> PreviewOrder:
        step, quotes = each.step, self.desk.engine.book.quotes
        return PreviewOrder(
            order_class="mleg" if len(step.legs) > 1 else "simple",
            order_type=step.order_type.value,
            time_in_force="day",
            units=step.units,
            limit_price=step.limit,
            natural=each.net.natural if each.net else None,
            mid=each.net.mid if each.net else None,
            worst=worst_net(step),
            legs=[self._leg(leg, step.units, fees) for leg in step.legs],
            instead=[
                self._order(StepPreview(single, net_or_none(single, quotes)), fees)
                for single in step.instead
            ],
        )

    def _leg(self, leg: TicketLeg, units: int, fees: Mapping[str, tuple[Fee, ...]]) -> PreviewLeg:
        quote = self.desk.engine.book.quotes.get(leg.symbol)
        ids = {each.symbol: each.id for each in self.strategy.legs}
        return PreviewLeg(
            leg_id=ids[leg.symbol],
            symbol=leg.symbol,
            action=leg.intent.value,
            quantity=units * leg.ratio,
            ratio=leg.ratio,
            bid=quote.bid if quote else None,
            bid_size=quote.bid_size if quote else None,
            ask=quote.ask if quote else None,
            ask_size=quote.ask_size if quote else None,
            mid=quote.mid if quote else None,
            quote_at=quote.at if quote else None,
            quote_age_seconds=max(0, int((self.now - quote.at).total_seconds())) if quote else None,
            fees=by_code(fees[leg.symbol]),
        )


def _remaining(leg: Leg) -> RemainingLegOut:
    return RemainingLegOut(leg_id=leg.id, symbol=leg.symbol, quantity=leg.quantity)


def _conflict(each: Conflict) -> ConflictOut:
    order = each.order
    symbols = ", ".join(leg.symbol for leg in each.legs)
    message = (
        f"Order {order.order_id} holds contracts of {symbols}: they are not free while it works."
        if each.holds
        else f"Order {order.order_id} trades {symbols} the other way: Alpaca may refuse this "
        "close as a wash trade while it works."
    )
    return ConflictOut(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        close_id=close_of(order.client_order_id),
        status=order.raw_status,
        order_class=order.order_class,
        order_type=order.order_type,
        limit_price=order.limit,
        submitted_at=order.submitted_at,
        legs=[
            ConflictLegOut(
                symbol=leg.symbol,
                side=leg.side.value if leg.side else None,
                open_quantity=leg.quantity - leg.filled,
            )
            for leg in each.legs
        ],
        holds=each.holds,
        message=message,
    )


def cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_CENT)
