"""The connections to the broker and since when they are as they are."""

from dataclasses import dataclass
from datetime import datetime

from closeout.ports import LinkDown, LinkUp


@dataclass(frozen=True, slots=True)
class Link:
    """`up` is None until the first answer."""

    up: bool | None
    since: datetime
    detail: str | None

    def after(self, change: LinkUp | LinkDown) -> "Link":
        if isinstance(change, LinkUp):
            return Link(up=True, since=change.at, detail=None)
        since = self.since if self.up is False else change.at
        return Link(up=False, since=since, detail=change.reason)


class Links:
    """One link per stream: `trading`, `options`, `stocks`."""

    def __init__(self, now: datetime) -> None:
        unknown = Link(up=None, since=now, detail=None)
        self._links = {"trading": unknown, "options": unknown, "stocks": unknown}

    def __getitem__(self, name: str) -> Link:
        return self._links[name]

    def change(self, name: str, change: LinkUp | LinkDown) -> None:
        self._links[name] = self._links[name].after(change)
