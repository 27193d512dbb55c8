"""
`closeout doctor`: what stands in the way of a close, found without a server.

It reads and never writes, so it may be asked while a server works. It says of everything
whether it was looked at: what was not checked is not well.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from closeout.alpaca import AlpacaBroker
from closeout.bootstrap import credentials, endpoints, find_page
from closeout.config import Mode, Settings
from closeout.data_folder import data_folder, journal_url
from closeout.domain.holdings import MarketClock
from closeout.journal.inspection import Inspection, inspect_journal, read_leases
from closeout.ports import JournalFailed, Lease, ReadFailed
from closeout.runtime.clock import SystemClock
from closeout.runtime.ownership import BEAT

_MEGABYTE = 1_000_000
_SPACE_MIN = 100 * _MEGABYTE
_SKEW_NOTED = timedelta(seconds=1)
_SKEW_MAX = timedelta(seconds=5)
"""Quotes older than this price nothing; a clock that is off by it calls fresh ones old."""


class Verdict(StrEnum):
    """`note` is worth knowing and no fault."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it if it is wrong."""

    about: str
    verdict: Verdict
    text: str


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at one thing after another, the quick ones first."""
    yield _settings(settings)
    yield _folder(data_folder(settings))
    yield _page(settings)
    for finding in await _journal(journal_url(settings)):
        yield finding
    if settings.embeds_simulator:
        yield Finding(
            "broker", Verdict.NOTE, "The embedded simulator starts with the server; not asked."
        )
        return
    for finding in await _broker(settings):
        yield finding


def _settings(settings: Settings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    text = f"{settings.mode.value}, {settings.option_feed} options; the server listens on {place}."
    if settings.mode is Mode.LIVE:
        text += " Orders are for real money."
    return Finding("settings", Verdict.WELL, text)


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        text = f"{folder} is not there yet; the first start makes it."
        return Finding("data folder", Verdict.NOTE, text)
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"{folder} may not be written to: give the user who runs Closeout the right."
        return Finding("data folder", Verdict.WRONG, text)
    free = shutil.disk_usage(folder).free
    text = f"{folder}, {free // _MEGABYTE:,} MB free."
    if free < _SPACE_MIN:
        return Finding("data folder", Verdict.WRONG, f"{text} Free some: a full disk stops closes.")
    return Finding("data folder", Verdict.WELL, text)


def _page(settings: Settings) -> Finding:
    page = find_page(settings)
    if page is None or not (page / "index.html").is_file():
        return Finding("page", Verdict.WRONG, "It is not built: make build. The API works without.")
    return Finding("page", Verdict.WELL, f"Built, in {page}.")


# --- the journal ----------------------------------------------------------------------


async def _journal(url: str) -> list[Finding]:
    try:
        seen = await asyncio.to_thread(inspect_journal, url)
    except JournalFailed as failure:
        return [Finding("journal", Verdict.WRONG, str(failure))]
    if seen is None:
        return [Finding("journal", Verdict.NOTE, "There is none yet; the first start makes it.")]
    return [_chains(seen), *await _owners(url, seen)]


def _chains(seen: Inspection) -> Finding:
    checked = seen.checked
    count = f"{checked.closes} closes with {checked.events} events in {seen.place}"
    if checked.broken is not None:
        text = (
            f"Up to a broken chain there are {count}. {checked.broken}. "
            "Do not trade on it: restore a backup, and compare with Alpaca's own page."
        )
        return Finding("journal", Verdict.WRONG, text)
    text = f"{count}, every hash in its chain."
    if not seen.is_current:
        text += " Its tables are of another version: the next start upgrades or refuses them."
        return Finding("journal", Verdict.NOTE, text)
    return Finding("journal", Verdict.WELL, text)


async def _owners(url: str, seen: Inspection) -> list[Finding]:
    owned = {account: each for account, each in seen.leases.items() if each.owner is not None}
    if not owned:
        return [Finding("owner", Verdict.WELL, "No process works the account now.")]
    await asyncio.sleep(1.5 * BEAT.total_seconds())
    try:
        later = await asyncio.to_thread(read_leases, url)
    except JournalFailed as failure:
        return [Finding("owner", Verdict.WRONG, str(failure))]
    return list(_alive(owned, later))


def _alive(before: Mapping[str, Lease], after: Mapping[str, Lease]) -> Iterator[Finding]:
    for account, lease in before.items():
        if after.get(account) != lease:
            text = f"{lease.owner} works account {account} and is alive."
            yield Finding("owner", Verdict.WELL, text)
        else:
            text = (
                f"{lease.owner} worked account {account} last and gives no sign of life: it was "
                "killed, or is frozen. The next process takes over after three seconds."
            )
            yield Finding("owner", Verdict.NOTE, text)


# --- the broker -----------------------------------------------------------------------


async def _broker(settings: Settings) -> list[Finding]:
    clock = SystemClock()
    places = endpoints(settings, None)
    async with AlpacaBroker(credentials(settings), places, clock=clock) as broker:
        try:
            account = await broker.account()
            asked = clock.now()
            market = await broker.market_clock()
        except ReadFailed as failure:
            text = f"{places.trading_url} could not be read: {failure}"
            return [Finding("broker", Verdict.WRONG, text)]
    verdict = Verdict.WELL if account.blocked_reason is None else Verdict.WRONG
    text = f"Account {account.number} at {places.trading_url} answers; the market is "
    text += "open." if market.is_open else f"closed until {market.next_open.isoformat()}."
    if account.blocked_reason is not None:
        text += f" {account.blocked_reason}"
    middle = asked + (clock.now() - asked) / 2
    return [Finding("broker", verdict, text), _skew(settings, market, market.at - middle)]


def _skew(settings: Settings, market: MarketClock, skew: timedelta) -> Finding:
    if settings.mode is Mode.SIMULATED:
        text = f"The simulator says {market.at.isoformat()}; its time is its own."
        return Finding("clock", Verdict.NOTE, text)
    seconds = abs(skew.total_seconds())
    side = "behind" if skew > timedelta(0) else "ahead of"
    if abs(skew) <= _SKEW_NOTED:
        text = f"This machine's clock agrees with Alpaca's to {seconds:.1f} s."
        return Finding("clock", Verdict.WELL, text)
    verdict = Verdict.NOTE if abs(skew) <= _SKEW_MAX else Verdict.WRONG
    text = f"This machine's clock is {seconds:.1f} s {side} Alpaca's: have it set by NTP."
    return Finding("clock", verdict, text)
