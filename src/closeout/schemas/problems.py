"""Errors as RFC 9457 problem documents (`application/problem+json`)."""

from closeout.schemas.base import Output


class Problem(Output):
    """
    `code` is stable and for programs; `detail` says to a person what to do.

    Nothing was sent to the broker when a problem document is the answer.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
