"""The OpenAPI document is the contract: every route, every message, every field."""

from typing import Any

import pytest

from closeout.api.app import openapi_document
from closeout.schemas.stream import STREAM_MESSAGES

ROUTES = {
    ("get", "/api/positions"),
    ("get", "/api/positions/{position_id}"),
    ("post", "/api/positions/{position_id}/close-preview"),
    ("post", "/api/positions/{position_id}/close-strategy"),
    ("post", "/api/positions/{position_id}/close-leg"),
    ("get", "/api/positions/edits"),
    ("post", "/api/positions/edits/undo"),
    ("post", "/api/positions/merge"),
    ("post", "/api/positions/move"),
    ("post", "/api/positions/{position_id}/split"),
    ("post", "/api/positions/{position_id}/rename"),
    ("get", "/api/closes"),
    ("get", "/api/closes/{close_id}"),
    ("post", "/api/closes/{close_id}/cancel"),
    ("post", "/api/closes/{close_id}/faster"),
    ("post", "/api/closes/{close_id}/limit"),
    ("get", "/api/history"),
    ("get", "/api/status"),
    ("get", "/api/health"),
}

FIXED = {
    "CloseStrategyRequest": {"position_id", "order_type", "limit_price_offset"},
    "CloseStrategyResponse": {
        *("status", "position_id", "orders", "message", "total_legs", "closed_legs"),
        *("close_id", "phase"),
    },
    "CloseLegRequest": {"leg_id", "order_type", "limit_price"},
    "CloseLegResponse": {"status", "order", "message", "close_id", "phase"},
    "CloseOrderResult": {
        *("symbol", "order_id", "status", "filled_qty", "filled_avg_price", "error_message"),
    },
    "PositionsResponse": {"status", "positions", "total_count", "as_of", "message"},
    "Problem": {"type", "title", "status", "detail", "code", "instance"},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def test_every_route_is_there(document: dict[str, Any]) -> None:
    told = {(method, path) for path, item in document["paths"].items() for method in item}

    assert set() == ROUTES - told


def test_every_message_of_the_stream_is_there(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert set() == {message.__name__ for message in STREAM_MESSAGES} - set(schemas)
    assert {"epoch", "seq", "positions", "closes", "status"} <= set(
        schemas["SnapshotMessage"]["properties"]
    )


@pytest.mark.parametrize("name", sorted(FIXED))
def test_no_fixed_field_was_renamed(document: dict[str, Any], name: str) -> None:
    assert set() == FIXED[name] - set(document["components"]["schemas"][name]["properties"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set() == _references(document) - schemas


def test_what_changes_something_documents_its_problems(document: dict[str, Any]) -> None:
    for method, path in ROUTES:
        if "post" == method:
            responses = document["paths"][path][method]["responses"]
            assert {"404", "409", "422", "503"} <= set(responses), path
            for status in ("404", "409", "422", "503"):
                assert "application/problem+json" in responses[status]["content"], path


def test_money_is_described_as_text(document: dict[str, Any]) -> None:
    leg = document["components"]["schemas"]["LegOut"]["properties"]["bid"]

    kinds = {option["type"] for option in leg["anyOf"]}
    assert {"string", "null"} == kinds


def test_every_operation_has_a_name_for_generated_clients(document: dict[str, Any]) -> None:
    names = [document["paths"][path][method]["operationId"] for method, path in ROUTES]

    assert len(ROUTES) == len(set(names))
    assert {"closeStrategy", "closeLeg", "listPositions", "cancelClose"} <= set(names)


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return here.union(*(_references(each) for each in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(each) for each in node))
    return set()
