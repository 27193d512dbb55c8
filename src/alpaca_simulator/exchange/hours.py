"""When this world trades: the scenario's session rule laid over the calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from alpaca_simulator.exchange.sessions import (
    NEW_YORK,
    ClockReading,
    Session,
    SessionRule,
    session_before,
    session_ending_after,
    session_on,
    session_opening_after,
)

_GTC_LIFE: Final = timedelta(days=90)
_GTC_LAST_HOUR: Final = (16, 15)


@dataclass(frozen=True, slots=True)
class Hours:
    """`shut_until` matters under the rule `closed` alone: nothing opens before it."""

    rule: SessionRule
    shut_until: datetime

    @classmethod
    def beginning(cls, rule: SessionRule, now: datetime) -> Self:
        session = session_ending_after(now)
        if session.open <= now:
            session = session_opening_after(now)
        return cls(rule, session.open.astimezone(UTC))

    def is_open(self, moment: datetime) -> bool:
        if self.rule is SessionRule.ALWAYS_OPEN:
            return True
        if self.rule is SessionRule.CLOSED and moment < self.shut_until:
            return False
        session = session_on(moment.astimezone(NEW_YORK).date())
        return session is not None and session.open <= moment < session.close

    def next_turn(self, moment: datetime) -> datetime:
        """The next opening or close of the calendar, in whose middle no step may lie."""
        session = session_ending_after(moment)
        turn = session.open if session.open > moment else session.close
        return turn.astimezone(UTC)

    def working_session(self, moment: datetime) -> Session:
        """The session in which an order entered at `moment` works."""
        if self.rule is SessionRule.CLOSED:
            moment = max(moment, self.shut_until)
        return session_ending_after(moment)

    def reading(self, moment: datetime) -> ClockReading:
        """GET /v2/clock. An always open world still names the closes at which its date rolls."""
        is_open = self.is_open(moment)
        session = self.working_session(moment)
        later = session_opening_after(session.close) if is_open else session
        return ClockReading(moment, is_open, later.open, session.close)

    def day_order_expires(self, moment: datetime) -> datetime:
        return self.working_session(moment).close.astimezone(UTC)

    def gtc_order_expires(self, moment: datetime) -> datetime:
        """90 days on at 16:15 New York time (docs: orders at Alpaca)."""
        last = (moment + _GTC_LIFE).astimezone(NEW_YORK)
        hour, minute = _GTC_LAST_HOUR
        return last.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)

    def last_trading(self, moment: datetime) -> datetime:
        """When the market last moved, seen from `moment`."""
        if self.is_open(moment):
            return moment
        today = session_on(moment.astimezone(NEW_YORK).date())
        if today is not None and today.open <= moment:
            return min(today.close.astimezone(UTC), moment)
        return session_before(moment.astimezone(NEW_YORK).date()).close.astimezone(UTC)

    def to_state(self) -> dict[str, Any]:
        return {"rule": self.rule.value, "shut_until": self.shut_until.isoformat()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(SessionRule(state["rule"]), datetime.fromisoformat(state["shut_until"]))
