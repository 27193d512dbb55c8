"""Hypothesis strategies for events, built from their types so that a new kind is covered."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

from closeout.closing.events import Event
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.domain.orders import Side, TicketLeg
from closeout.journal.codec import EVENT_TYPES

decimals = st.decimals(allow_nan=False, allow_infinity=False)
zones = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
# A day from either end, for instants are turned into UTC for the index.
instants = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)  # noqa: DTZ001

st.register_type_strategy(Decimal, decimals)
st.register_type_strategy(datetime, instants)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Return plans whose steps add up to their targets, as `Plan` asserts."""
    steps = tuple(draw(st.lists(st.builds(PlanStep), max_size=3)))
    totals: dict[tuple[str, Side], int] = {}
    for step in steps:
        for leg in step.legs:
            key = (leg.symbol, leg.side)
            totals[key] = totals.get(key, 0) + step.units * leg.ratio
    targets = tuple(
        Target(
            leg_id=draw(st.text()),
            symbol=symbol,
            side=side,
            contracts=contracts,
            held=draw(decimals),
        )
        for (symbol, side), contracts in totals.items()
    )
    return Plan(targets=targets, steps=steps)


# 64 bits is what JSON readers keep exactly.
integers = st.integers(-(2**63), 2**63 - 1)
st.register_type_strategy(int, integers)
st.register_type_strategy(
    TicketLeg,
    st.builds(TicketLeg, symbol=st.text(), ratio=st.integers(1, 9), side=st.sampled_from(Side)),
)
st.register_type_strategy(
    PlanStep,
    st.builds(
        PlanStep,
        units=st.integers(1, 999),
        legs=st.lists(st.from_type(TicketLeg), max_size=4).map(tuple),
    ),
)
st.register_type_strategy(Plan, plans())

events: st.SearchStrategy[Event] = st.sampled_from(sorted(EVENT_TYPES)).flatmap(
    lambda kind: st.from_type(EVENT_TYPES[kind])
)
