"""Settings, read once from the environment and from a `.env` file beside it."""

import os
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Mode(StrEnum):
    """Whose money it is."""

    SIMULATED = "SIMULATED"
    PAPER = "PAPER"
    LIVE = "LIVE"


def _default_data_dir() -> Path:
    """The user's data folder, by the XDG base directory specification."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "closeout"


class Settings(BaseSettings):
    """
    Everything that can be set from outside.

    Without keys the embedded simulator is the broker. `ALPACA_PAPER` means paper unless
    it is literally `false`: a typo must not trade real money.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        # A refused setting must not print the keys beside it.
        hide_input_in_errors=True,
    )

    alpaca_api_key: SecretStr | None = Field(None, alias="ALPACA_API_KEY")
    alpaca_secret_key: SecretStr | None = Field(None, alias="ALPACA_SECRET_KEY")
    alpaca_paper: str = Field("true", alias="ALPACA_PAPER")

    trading_url: str | None = Field(None, alias="CLOSEOUT_ALPACA_TRADING_URL")
    data_url: str | None = Field(None, alias="CLOSEOUT_ALPACA_DATA_URL")
    stream_url: str | None = Field(None, alias="CLOSEOUT_ALPACA_STREAM_URL")
    option_feed: Literal["indicative", "opra"] = Field("indicative", alias="CLOSEOUT_OPTION_FEED")
    stock_feed: Literal["iex", "sip", "delayed_sip"] = Field("iex", alias="CLOSEOUT_STOCK_FEED")

    interest_rate: float = Field(0.04, alias="CLOSEOUT_INTEREST_RATE", ge=-0.1, le=1)
    preview_ticks: int = Field(2, alias="CLOSEOUT_PREVIEW_TICKS", ge=0)
    preview_half_spread: Decimal = Field(
        Decimal("0.5"), alias="CLOSEOUT_PREVIEW_HALF_SPREAD", ge=0, max_digits=8
    )

    host: str = Field("127.0.0.1", alias="CLOSEOUT_HOST")
    port: int = Field(8002, alias="CLOSEOUT_PORT", ge=0, le=65535)
    allowed_hosts: str = Field("", alias="CLOSEOUT_ALLOWED_HOSTS")
    data_dir: Path = Field(default_factory=_default_data_dir, alias="CLOSEOUT_DATA_DIR")
    database_url: str | None = Field(None, alias="CLOSEOUT_DATABASE_URL")
    page_dir: Path | None = Field(None, alias="CLOSEOUT_PAGE_DIR")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="CLOSEOUT_LOG_LEVEL"
    )
    log_format: Literal["console", "json"] = Field("console", alias="CLOSEOUT_LOG_FORMAT")

    scenario: str = Field("desk", alias="CLOSEOUT_SCENARIO")
    seed: int = Field(7, alias="CLOSEOUT_SEED", ge=0)

    @model_validator(mode="after")
    def _keys_come_in_pairs(self) -> Self:
        if (self.alpaca_api_key is None) != (self.alpaca_secret_key is None):
            raise ValueError(
                "set both ALPACA_API_KEY and ALPACA_SECRET_KEY, or neither for the simulator"
            )
        return self

    @model_validator(mode="after")
    def _address_is_of_the_account_meant(self) -> Self:
        """Nobody may be told PAPER while orders go to the live account."""
        whose = {"api.alpaca.markets": Mode.LIVE, "paper-api.alpaca.markets": Mode.PAPER}
        host = urlsplit(self.trading_url or "").hostname or ""
        if whose.get(host, self.mode) is not self.mode:
            raise ValueError(
                f"CLOSEOUT_ALPACA_TRADING_URL is Alpaca's address of {whose[host]} accounts, and "
                f"keys and ALPACA_PAPER mean {self.mode}: unset the one or set the other"
            )
        return self

    @property
    def has_keys(self) -> bool:
        return self.alpaca_api_key is not None

    @property
    def mode(self) -> Mode:
        if not self.has_keys:
            return Mode.SIMULATED
        return Mode.LIVE if self.alpaca_paper == "false" else Mode.PAPER

    @property
    def embeds_simulator(self) -> bool:
        """Without keys and without a URL of another simulator, we bring our own."""
        return not self.has_keys and self.trading_url is None

    @property
    def model_rate(self) -> float:
        """Interest a year for greeks and curves; the simulator's market knows none."""
        return 0.0 if self.mode is Mode.SIMULATED else self.interest_rate

    @property
    def hosts(self) -> frozenset[str]:
        """Names beside localhost that the server answers to."""
        return frozenset(name.strip() for name in self.allowed_hosts.split(",") if name.strip())
