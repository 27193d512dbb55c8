"""Statements in the words of a database."""

import pytest
from sqlalchemy import create_engine

from closeout.journal.statements import ADD_EVENT, RELEASE_LEASE

DIALECT = create_engine("sqlite://").dialect


def test_a_value_that_a_caller_forgets_is_never_null() -> None:
    words = ADD_EVENT.for_(DIALECT)

    with pytest.raises(KeyError):
        words.given({"close_id": "c1"})


def test_a_statement_brings_the_values_of_its_own() -> None:
    assert [None, "PA1"] == RELEASE_LEASE.for_(DIALECT).given({"name": "PA1"})
