"""Every request and answer of closes and previews has examples, and they are true to the models."""

from typing import Any

import pytest
from pydantic import BaseModel

from closeout.api.app import openapi_document
from closeout.schemas.base import Input
from closeout.schemas.closes import (
    CancelCloseResponse,
    ChangeCloseResponse,
    CloseLegRequest,
    CloseLegResponse,
    CloseOut,
    ClosePreviewRequest,
    ClosesResponse,
    CloseStrategyRequest,
    CloseStrategyResponse,
)
from closeout.schemas.edits import EditsResponse
from closeout.schemas.examples import EXAMPLES
from closeout.schemas.history import HistoryResponse
from closeout.schemas.pacing import ChangeLimitRequest
from closeout.schemas.positions import PositionsResponse
from closeout.schemas.previews import ClosePreview
from closeout.schemas.problems import Problem

MODELS: list[type[BaseModel]] = [
    CancelCloseResponse,
    ChangeCloseResponse,
    ChangeLimitRequest,
    CloseLegRequest,
    CloseLegResponse,
    CloseOut,
    ClosePreview,
    ClosePreviewRequest,
    CloseStrategyRequest,
    CloseStrategyResponse,
    ClosesResponse,
    EditsResponse,
    HistoryResponse,
    PositionsResponse,
    Problem,
]
CASES = [(model, example) for model in MODELS for example in EXAMPLES[model.__name__]]


def test_every_model_of_closes_and_previews_has_examples() -> None:
    assert {model.__name__ for model in MODELS} == set(EXAMPLES)
    assert [] == [name for name, examples in EXAMPLES.items() if not examples]


@pytest.mark.parametrize(
    ("model", "example"), CASES, ids=[f"{model.__name__}" for model, _ in CASES]
)
def test_an_example_is_what_the_model_says(model: type[BaseModel], example: Any) -> None:
    """A request leaves out what it likes; an answer has every field there is, and no other."""
    told = model.model_validate(example).model_dump(mode="json")

    if not issubclass(model, Input):
        assert told == example


REQUESTS = [model for model in MODELS if issubclass(model, Input)]


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_the_examples_of_a_request_show_every_field_it_has(model: type[BaseModel]) -> None:
    shown = {name for example in EXAMPLES[model.__name__] for name in example}

    assert set(model.model_fields) == shown


def test_the_document_shows_them() -> None:
    schemas = openapi_document()["components"]["schemas"]

    assert {name: schemas[name]["examples"] for name in EXAMPLES} == EXAMPLES
