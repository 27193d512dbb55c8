"""Moving what a stream serves toward what is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from closeout.alpaca.subscriptions import BATCH, Request, Subscriptions


class Server:
    """Serves at most `limit` symbols, refusing as a whole what goes beyond; lists all it serves."""

    def __init__(self, limit: int = 1_000) -> None:
        self.limit = limit
        self.served: set[str] = set()
        self.requests: list[Request] = []

    def settle(self, subscriptions: Subscriptions) -> None:
        while (request := subscriptions.next_request()) is not None:
            self.requests.append(request)
            assert len(self.requests) < 1_000, "it never comes to rest"
            after = (
                self.served | set(request.symbols)
                if request.action == "subscribe"
                else self.served - set(request.symbols)
            )
            if len(after) > self.limit:
                subscriptions.over_limit()
            else:
                self.served = after
                subscriptions.acknowledged(self.served)


def some(count: int, start: int = 0) -> frozenset[str]:
    return frozenset(f"S{number:04}" for number in range(start, start + count))


def test_only_differences_are_asked_for() -> None:
    server, subscriptions = Server(), Subscriptions()
    subscriptions.want(frozenset({"A", "B"}))
    server.settle(subscriptions)
    subscriptions.want(frozenset({"B", "C"}))
    server.settle(subscriptions)

    assert [
        Request("subscribe", ("A", "B")),
        Request("unsubscribe", ("A",)),
        Request("subscribe", ("C",)),
    ] == server.requests


def test_a_new_connection_is_asked_for_everything() -> None:
    server, subscriptions = Server(), Subscriptions()
    subscriptions.want(some(3))
    server.settle(subscriptions)

    subscriptions.reconnected()

    assert Request("subscribe", tuple(sorted(some(3)))) == subscriptions.next_request()


def test_many_symbols_go_in_several_requests() -> None:
    server, subscriptions = Server(), Subscriptions()
    subscriptions.want(some(BATCH + 1))

    server.settle(subscriptions)

    assert [BATCH, 1] == [len(request.symbols) for request in server.requests]


def test_the_allowance_is_filled_and_the_rest_is_named() -> None:
    server, subscriptions = Server(limit=200), Subscriptions()
    subscriptions.want(some(150))
    server.settle(subscriptions)
    subscriptions.want(some(260))
    server.settle(subscriptions)

    assert 200 == len(server.served)
    assert some(260) - server.served == subscriptions.unserved
    assert some(150) <= server.served


def test_what_was_refused_is_tried_again_when_there_is_room() -> None:
    server, subscriptions = Server(limit=2), Subscriptions()
    subscriptions.want(some(3))
    server.settle(subscriptions)
    subscriptions.want(some(2, start=1))
    server.settle(subscriptions)

    assert some(2, start=1) == server.served
    assert frozenset() == subscriptions.unserved


def test_a_symbol_missing_from_the_acknowledgement_is_not_asked_for_again() -> None:
    subscriptions = Subscriptions()
    subscriptions.want(frozenset({"GOOD", "BAD"}))
    subscriptions.next_request()

    subscriptions.acknowledged(["GOOD"])

    assert subscriptions.next_request() is None
    assert frozenset({"BAD"}) == subscriptions.unserved


def test_a_refused_request_is_not_repeated() -> None:
    subscriptions = Subscriptions()
    subscriptions.want(frozenset({"*"}))
    subscriptions.next_request()

    subscriptions.refused()

    assert subscriptions.next_request() is None


@given(
    wants=st.lists(st.frozensets(st.sampled_from(sorted(some(40)))), min_size=1),
    limit=st.integers(0, 40),
)
def test_it_always_comes_to_rest_serving_as_much_as_is_allowed(
    wants: list[frozenset[str]], limit: int
) -> None:
    server, subscriptions = Server(limit), Subscriptions()
    for want in wants:
        subscriptions.want(want)
        server.settle(subscriptions)

        assert server.served <= want
        assert min(limit, len(want)) == len(server.served)
        assert want - server.served == subscriptions.unserved
