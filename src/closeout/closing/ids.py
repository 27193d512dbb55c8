"""Client order ids: derived from close, step and attempt, so that they can be found again."""

_PREFIX = "closeout"


def client_order_id(close_id: str, *, step: int, attempt: int) -> str:
    """
    Return the id an order carries at the broker.

    It is at most 128 characters (Alpaca's limit) and never used for two different orders.
    """
    text = f"{_PREFIX}-{close_id}-{step}-{attempt}"
    assert len(text) <= 128, "Alpaca takes at most 128 characters"  # noqa: PLR2004
    return text


def close_of(client_order_id: str) -> str | None:
    """Return the close an order belongs to, or None for an order that is not ours."""
    parts = client_order_id.split("-")
    if len(parts) == 4 and parts[0] == _PREFIX:  # noqa: PLR2004 - prefix, close, step, attempt
        return parts[1]
    return None
