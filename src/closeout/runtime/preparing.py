"""Puts a request against the account as it is, and says what stands in the way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from closeout.closing.guards import check_coverage, check_reduces, holders
from closeout.closing.netting import tradable_leg, tradable_strategy
from closeout.closing.partial import WHOLE, Portion, portion_of
from closeout.closing.plan import Terms, plan_leg, plan_strategy
from closeout.closing.plans import Plan
from closeout.closing.staleness import Tolerance, market_changes, plan_changes
from closeout.closing.state import CloseState
from closeout.closing.terms import NoBid
from closeout.closing.timing import SETTLE_WITHIN
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport, OrderType
from closeout.domain.strategies import Leg, Strategy
from closeout.ports import Broker, Clock, ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.claims import check_settled, check_unclaimed, holdings_after, near
from closeout.runtime.previews import KeptPreview
from closeout.runtime.refusals import (
    AccountBlocked,
    MarketClosed,
    NotReady,
    PreviewStale,
    UnknownLeg,
    UnknownPosition,
)
from closeout.runtime.requests import CloseRequest, Prepared
from closeout.runtime.sales import after_sales, check_unsold_cover, sales_elsewhere

log = structlog.get_logger(__name__)

_QUOTE_AGE_MAX = timedelta(seconds=5)
"""A limit is priced from quotes no older than this, or from a fresh read."""


class Preparer:
    """Plans closes of one account. `closes` returns every close that is known, any phase."""

    def __init__(
        self,
        broker: Broker,
        book: Book,
        clock: Clock,
        closes: Callable[[], Sequence[CloseState]],
        tolerance: Tolerance,
    ) -> None:
        self._tolerance = tolerance
        self._broker = broker
        self._book = book
        self._clock = clock
        self._closes = closes

    async def prepare(self, request: CloseRequest, shown: KeptPreview | None = None) -> Prepared:
        """
        Read the account, plan the close and check that it may be sent.

        What was shown is sent as it was shown or not at all: it is never priced anew.

        Raises: NotBegun, CannotPlan, ReadFailed.
        """
        await self._book.refresh_unless_young()
        await self._check_account()
        strategy, leg = self._find(request)
        await self._check_market(request.terms)
        await self._learn(strategy, request.terms, shown)
        # Learning may have taken long, and the account been traded elsewhere meanwhile.
        await self._book.refresh_if_old()
        strategy, leg = self._find_anew(request)
        prepared = (
            self.plan(strategy, leg, request.terms, request.portion)
            if shown is None
            else self._as_shown(strategy, leg, shown)
        )
        open_orders = await self._holders(prepared.plan)
        conflicts = self.conflicts(prepared.plan, open_orders) if request.cancel_conflicting else ()
        if shown is not None:
            _check_shown(conflicts, shown)
        self.check(prepared.plan, open_orders, cancels=conflicts)
        return replace(prepared, conflicts=conflicts)

    def conflicts(self, plan: Plan, open_orders: Sequence[OrderReport]) -> tuple[str, ...]:
        """Name the orders of other hands that hold what the plan is to close."""
        running = [state for state in self._closes() if not state.phase.is_end]
        return tuple(
            order.order_id
            for order in holders(plan, self._holdings(), open_orders)
            if not any(state.knows(order) for state in running)
        )

    def check(
        self, plan: Plan, open_orders: Sequence[OrderReport], *, cancels: Sequence[str] = ()
    ) -> None:
        """
        Put a plan against the account as the book knows it, less what is cancelled first.

        Raises: CannotPlan.
        """
        holdings = self._holdings()
        self._check_claims(plan)
        check_reduces(plan, holdings, open_orders, cancels=cancels)
        running = self._running_near(plan)
        sales = sales_elsewhere(plan.symbols, holdings, self._book.orders, running, but=cancels)
        left = after_sales(holdings, sales)
        check_coverage(plan, holdings)
        check_unsold_cover(plan, left, sales)
        if running:
            # It may fill before this one or after it.
            check_coverage(plan, holdings_after(holdings, running))
            check_unsold_cover(plan, holdings_after(left, running), sales)

    def _check_claims(self, plan: Plan) -> None:
        """
        Put a plan against what other closes take and have just taken.

        Raises: CannotPlan.
        """
        holdings = self._holdings()
        check_unclaimed(plan, holdings, self._running_near(plan))
        since = self._clock.now() - SETTLE_WITHIN
        # The positions may not show the fills of these yet.
        settling = near(plan, [each for each in self._closes() if each.updated_at > since])
        check_settled(plan, holdings, settling)

    def _running_near(self, plan: Plan) -> list[CloseState]:
        return near(plan, [each for each in self._closes() if not each.phase.is_end])

    def _find(self, request: CloseRequest) -> tuple[Strategy, Leg | None]:
        strategy = self._book.strategy(request.position_id)
        if strategy is None:
            raise UnknownPosition(
                "There is no such position now. It may be closed already: look at the "
                "refreshed list."
            )
        if request.leg_id is None:
            return strategy, None
        return strategy, _leg_of(strategy, request.leg_id)

    def _find_anew(self, request: CloseRequest) -> tuple[Strategy, Leg | None]:
        """Find it as it is by the fills that were heard of meanwhile: they say whose have gone."""
        self._book.regroup_after_news()
        return self._find(request)

    def plan(
        self, strategy: Strategy, leg: Leg | None, terms: Terms, portion: Portion = WHOLE
    ) -> Prepared:
        """
        Plan from what the book knows, without reading anything.

        Raises: CannotPlan, UnknownLeg.
        """
        holdings = self._holdings()
        view = self._book.view(strategy.legs)
        for leg_id in portion.leg_ids:
            _leg_of(strategy, leg_id)
        legs = portion_of(strategy.legs if leg is None else (leg,), portion)
        if leg is None:
            unexplained = self._book.grouping.differences(leg.symbol for leg in legs)
            symbols = [each.symbol for each in unexplained]
            part = tradable_strategy(replace(strategy, legs=legs), holdings, symbols)
            plan = plan_strategy(part, terms, view, holdings)
        else:
            plan = plan_leg(tradable_leg(strategy, legs[0], holdings), terms, view, holdings)
        decided = self._book.snapshot(plan.symbols)
        return Prepared(strategy=strategy, leg=leg, plan=plan, decided=decided)

    def _as_shown(self, strategy: Strategy, leg: Leg | None, shown: KeptPreview) -> Prepared:
        """Take the orders that were shown, if nothing has changed. Raises: PreviewStale."""
        try:
            asked = shown.request
            fresh = self.plan(strategy, leg, asked.terms, asked.portion)
        except CannotPlan as problem:
            raise PreviewStale(str(problem).rstrip(".")) from problem
        changes = plan_changes(shown.plan, fresh.plan) or market_changes(
            shown.plan,
            shown.market.by_symbol,
            self._book.quotes,
            ticks=self._book.view(strategy.legs).ticks,
            tolerance=self._tolerance,
        )
        if changes:
            raise PreviewStale.changed(changes)
        plan = replace(fresh.plan, steps=shown.plan.steps)
        return replace(fresh, plan=plan, decided=shown.market)

    async def _learn(self, strategy: Strategy, terms: Terms, shown: KeptPreview | None) -> None:
        """
        Learn ticks and fresh quotes, where the plan depends on them or a preview is held against.

        Without quotes there is no mid, and only a price the user gave can stand. Whether
        anybody bids is looked up as well as can be: a market order does not wait for it.
        """
        await self.learn_ticks(strategy, terms)
        symbols = [leg.symbol for leg in strategy.legs]
        if terms.order_type is OrderType.LIMIT and terms.needs_mid and shown is None:
            await self._book.freshen_quotes(symbols, older_than=_QUOTE_AGE_MAX)
        elif shown is not None or terms.no_bid is not NoBid.INCLUDE:
            await self._freshen_if_readable(symbols)

    async def _freshen_if_readable(self, symbols: Sequence[str]) -> None:
        """Quotes that cannot be read must not bar an exit: what is known is compared then."""
        try:
            await self._book.freshen_quotes(symbols, older_than=_QUOTE_AGE_MAX)
        except ReadFailed as failure:
            log.warning("quotes.unread", reason=str(failure))

    async def learn_ticks(self, strategy: Strategy, terms: Terms) -> None:
        """
        Learn the price steps a limit order must keep to.

        Without them the coarsest class is assumed, which every class takes.
        """
        if terms.order_type is not OrderType.LIMIT and terms.no_bid is not NoBid.TICK:
            return
        options = [leg.symbol for leg in strategy.legs if leg.option is not None]
        try:
            await self._book.learn_ticks(options)
        except ReadFailed as failure:
            log.warning("ticks.unread", reason=str(failure))

    async def _check_market(self, terms: Terms) -> None:
        if terms.order_type is not OrderType.MARKET and terms.walk is None:
            return
        market = self._book.market
        if market is None or not market.is_open:
            # Our own clock may be slow: before refusing, the broker's is asked.
            try:
                market = await self._book.read_market()
            except ReadFailed as failure:
                # The broker is the last guard; not knowing the hour must not bar an exit.
                log.warning("market.unread", reason=str(failure))
        if market is not None and not market.is_open:
            raise MarketClosed(market.next_open, walks=terms.walk is not None)

    async def _check_account(self) -> None:
        """Refuse for a blocked account, on a fresh read: it may be free again."""
        account = self._book.account
        if account is None or account.blocked_reason is None:
            return
        account = await self._book.read_account()
        if account.blocked_reason is not None:
            raise AccountBlocked(account.blocked_reason)

    async def _holders(self, plan: Plan) -> tuple[OrderReport, ...]:
        """
        Read the open orders only when one of them holds what we need.

        Raises: CannotPlan, ReadFailed.
        """
        for target in plan.targets:
            row = self._holdings().row(target.symbol)
            if row is not None and row.available < target.contracts:
                # Now, for a fill that is heard of while they are read makes no plan right.
                self._check_claims(plan)
                return await self._broker.open_orders()
        return ()

    def _holdings(self) -> Holdings:
        if self._book.holdings is None:
            raise NotReady("The positions have not been read yet. Nothing was sent.")
        return self._book.holdings


def _check_shown(conflicts: Sequence[str], shown: KeptPreview) -> None:
    """Raises: PreviewStale: an order would be cancelled that nobody was shown."""
    unseen = [each for each in conflicts if each not in shown.cancels]
    if unseen:
        raise PreviewStale(
            f"open order {', '.join(unseen)} holds these contracts too, and would be cancelled"
        )


def _leg_of(strategy: Strategy, leg_id: str) -> Leg:
    leg = strategy.leg(leg_id)
    if leg is None:
        raise UnknownLeg(
            f"{strategy.underlying} {strategy.name} has no such leg now. It may be closed "
            "already: look at the refreshed list."
        )
    return leg
