"""Alpaca's own OpenAPI files as a judge of every REST answer the simulator gives.

The files ship inside the PyPI package ``alpaca-mcp-server`` and are read from where it is
installed. Objects are closed before judging: a field that the specification does not declare is
an error, so that nothing is invented. Where the files are demonstrably older or narrower than
what Alpaca sends, `DEVIATIONS` says so, with the reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import distribution
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PACKAGE = "alpaca-mcp-server"
TRADING = "trading-api.json"
DATA = "market-data-api.json"


@dataclass(frozen=True, slots=True)
class Deviation:
    """A place where the files are not what Alpaca sends.

    Attributes:
        schema: Name under ``components/schemas``.
        properties: Properties declared instead of, or beside, those of the file.
        reason: Why, and who says so.
    """

    schema: str
    properties: dict[str, Any]
    reason: str


_EMPTY_OR = "the files' own MultilegOptionsOrderResponse example sends an empty string"
_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_REF = "#/components/schemas/"


def _empty_or(name: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": _REF + name}, {"const": ""}]}


def _nullable_time() -> dict[str, Any]:
    return {"type": ["string", "null"], "format": "date-time"}


DEVIATIONS = (
    Deviation(
        "Order",
        {
            "symbol": _TEXT,
            "asset_id": {"anyOf": [{"type": "string", "format": "uuid"}, {"const": ""}]},
            "asset_class": _empty_or("AssetClass"),
            "side": _empty_or("OrderSide"),
            "type": _empty_or("OrderType"),
        },
        _EMPTY_OR + " for the parent's symbol, side and asset, and for a leg's type",
    ),
    Deviation(
        "Order",
        {"source": _TEXT_OR_NULL, "subtag": _TEXT_OR_NULL},
        "sent in every order example of the files, declared in none of their schemas",
    ),
    Deviation(
        "OrderLeg",
        {
            "type": _empty_or("OrderType"),
            "ratio_qty": _TEXT,
            "expires_at": {"type": "string", "format": "date-time"},
            "source": _TEXT_OR_NULL,
            "subtag": _TEXT_OR_NULL,
        },
        "the legs of the MultilegOptionsOrderResponse example carry these",
    ),
    Deviation(
        "CanceledOrderResponse",
        {"body": {"type": ["object", "null"]}},
        "failed elements carry the error as body (alpaca-py test_order_routes.py)",
    ),
    Deviation(
        "PositionClosedResponse",
        {"body": {"anyOf": [{"$ref": _REF + "Order"}, {"$ref": _REF + "Error"}]}},
        "failed elements carry the error as body (alpaca-py test_position_routes.py)",
    ),
    Deviation(
        "NonTradeActivities",
        {
            "date": {"type": "string", "format": "date"},
            "account_id": {"type": "string", "format": "uuid"},
            "description": _TEXT,
            "price": _TEXT,
        },
        "the recorded activities of the options-trading-overview page have these, and plain dates",
    ),
    Deviation(
        "Account",
        {
            "effective_buying_power": _TEXT,
            "position_market_value": _TEXT,
            "crypto_tier": {"type": "integer"},
            "admin_configurations": {"type": "object"},
            "user_configurations": {"type": ["object", "null"]},
        },
        "sent in the files' own account example, declared nowhere",
    ),
    Deviation(
        "Assets",
        {"easy_to_borrow": {"type": "boolean"}},
        "the field before borrow_status; alpaca-py 0.44 refuses an asset without it",
    ),
)

FORMATS = FormatChecker(formats=("uuid", "date"))


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    """RFC 3339 with an offset; Python reads it, nanoseconds included."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


OPEN_SCHEMAS = frozenset({"Error", "ErrorResponse"})
"""Refusals carry extras such as `available` and `related_orders` beside code and message."""


@cache
def _document(name: str) -> dict[str, Any]:
    files = distribution(PACKAGE).files or []
    [path] = [file for file in files if file.name == name]
    document: dict[str, Any] = json.loads(path.read_text())
    schemas = document["components"]["schemas"]
    if name == TRADING:
        for deviation in DEVIATIONS:
            schemas[deviation.schema]["properties"].update(deviation.properties)
    left_open = OPEN_SCHEMAS | set(re.findall(r'"allOf": \[.*?schemas/(\w+)', json.dumps(schemas)))
    for title, schema in schemas.items():
        if title not in left_open:
            _close(schema)
    return document


def _close(schema: Any) -> None:
    """Forbid undeclared properties, except in and below allOf, whose parts each declare some."""
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    if not isinstance(schema, dict) or "allOf" in schema:
        return
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
        _close(list(schema["properties"].values()))
    for key in ("items", "additionalProperties", "anyOf", "oneOf"):
        _close(schema.get(key))


@cache
def _registry(name: str) -> Registry[Any]:
    resource = Resource.from_contents(
        _document(name),
        default_specification=DRAFT202012,
    )
    registry: Registry[Any] = Registry().with_resource(f"urn:{name}", resource)
    return registry


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(template)) + r"\Z")


def _file_of(path: str) -> str:
    return DATA if path.startswith(("/v1/", "/v1beta1/options", "/v2/stocks")) else TRADING


def find_template(path: str) -> str:
    """The path template of the specification that `path` belongs to; literal ones come first.

    Raises:
        AssertionError: If Alpaca has no such path.
    """
    templates = _document(_file_of(path))["paths"]
    found = [template for template in templates if _pattern(template).match(path)]
    assert found, f"Alpaca's specification has no path {path}"
    return str(min(found, key=lambda template: template.count("{")))


def judge(method: str, path: str, status: int, body: bytes) -> None:
    """Check one answer against the schema the specification gives for it.

    Raises:
        AssertionError: With every disagreement, if there is one.
    """
    name = _file_of(path)
    template = find_template(path)
    operation = _document(name)["paths"][template].get(method.lower())
    assert operation, f"Alpaca's specification has no {method} {template}"
    response = operation["responses"].get(str(status))
    if status >= 400:  # rarely given a schema; the error format of the documentation holds
        _judge_error(status, body)
        return
    assert response, f"{method} {template} does not answer {status}"
    if "content" not in response:
        assert b"" == body, f"{method} {template} {status} has no body"
        return
    media = response["content"]["application/json"]
    pointer = "/".join(
        part.replace("~", "~0").replace("/", "~1")
        for part in ("paths", template, method.lower(), "responses", str(status))
    )
    assert "schema" in media
    validator = Draft202012Validator(
        {"$ref": f"urn:{name}#/{pointer}/content/application~1json/schema"},
        registry=_registry(name),
        format_checker=FORMATS,
    )
    errors = [
        f"{error.json_path}: {error.message[:400]}"
        for error in validator.iter_errors(json.loads(body))
    ]
    assert not errors, f"{method} {path} {status}: " + "; ".join(errors)


def _judge_error(status: int, body: bytes) -> None:
    decoded = json.loads(body)
    assert isinstance(decoded, dict), decoded
    assert isinstance(decoded.get("message"), str), decoded
    if status in {403, 404, 422} and "code" in decoded:
        assert isinstance(decoded["code"], int), decoded
