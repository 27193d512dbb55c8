"""Settings: real money only when it is said literally, keys in pairs, every address movable."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from closeout.bootstrap import endpoints
from closeout.config import Mode, Settings

KEYS = {"ALPACA_API_KEY": "PKVERYPUBLIC", "ALPACA_SECRET_KEY": "very-secret"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting of this machine, and no `.env` beside us."""
    import os  # noqa: PLC0415 - only to see what is set

    for name in list(os.environ):
        if name.startswith(("ALPACA_", "CLOSEOUT_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return iter([None])


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "word",
    ["true", "True", "0", "1", "False", "FALSE", " false", "false ", "no", "off", "live", ""],
)
def test_any_other_word_than_false_means_paper(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_PAPER", word)
    settings = Settings()

    assert Mode.PAPER is settings.mode
    assert "https://paper-api.alpaca.markets" == endpoints(settings, None).trading_url


@pytest.mark.usefixtures("keys")
def test_nothing_said_means_paper() -> None:
    assert Mode.PAPER is Settings().mode


@pytest.mark.usefixtures("keys")
def test_exactly_false_means_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_PAPER", "false")
    settings = Settings()

    assert Mode.LIVE is settings.mode
    assert "https://api.alpaca.markets" == endpoints(settings, None).trading_url


@pytest.mark.parametrize("word", ["true", "false"])
def test_without_keys_it_is_simulated_whatever_is_said(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_PAPER", word)
    settings = Settings()

    assert Mode.SIMULATED is settings.mode
    assert settings.embeds_simulator


@pytest.mark.parametrize("name", sorted(KEYS))
def test_one_key_without_the_other_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, KEYS[name])

    with pytest.raises(ValidationError, match="set both ALPACA_API_KEY and ALPACA_SECRET_KEY"):
        Settings()


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_refused_setting_does_not_print_the_key(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEYS[name])

    with pytest.raises(ValidationError) as refusal:
        Settings()

    assert KEYS[name] not in str(refusal.value)


def test_empty_keys_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, "")

    assert Mode.SIMULATED is Settings().mode


def test_a_file_beside_the_program_is_read(tmp_path: Path) -> None:
    lines = [*(f"{name}={value}" for name, value in KEYS.items()), "ALPACA_PAPER=false"]
    (tmp_path / ".env").write_text("\n".join(lines))

    assert Mode.LIVE is Settings().mode


@pytest.mark.usefixtures("keys")
def test_every_address_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRADING", "DATA", "STREAM"):
        monkeypatch.setenv(f"CLOSEOUT_ALPACA_{name}_URL", f"http://127.0.0.1:9/{name.lower()}")
    where = endpoints(Settings(), None)

    assert [f"http://127.0.0.1:9/{name}" for name in ("trading", "data", "stream")] == [
        where.trading_url,
        where.data_url,
        where.stream_url,
    ]


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("paper", "host"), [("true", "api.alpaca.markets"), ("false", "paper-api.alpaca.markets")]
)
def test_an_address_of_the_other_kind_of_account_is_refused(
    paper: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What every page calls paper must never be the live account."""
    monkeypatch.setenv("ALPACA_PAPER", paper)
    monkeypatch.setenv("CLOSEOUT_ALPACA_TRADING_URL", f"https://{host}")

    with pytest.raises(ValidationError, match="ALPACA_PAPER"):
        Settings()


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("paper", "host"), [("false", "api.alpaca.markets"), ("true", "paper-api.alpaca.markets")]
)
def test_alpacas_own_address_may_be_said(
    paper: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_PAPER", paper)
    monkeypatch.setenv("CLOSEOUT_ALPACA_TRADING_URL", f"https://{host}")

    assert f"https://{host}" == endpoints(Settings(), None).trading_url


@pytest.mark.usefixtures("keys")
def test_one_moved_address_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_ALPACA_TRADING_URL", "http://127.0.0.1:9")
    where = endpoints(Settings(), None)

    assert "http://127.0.0.1:9" == where.trading_url
    assert "https://data.alpaca.markets" == where.data_url


def test_without_keys_one_address_is_the_whole_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a simulated account may come from Alpaca."""
    monkeypatch.setenv("CLOSEOUT_ALPACA_TRADING_URL", "http://127.0.0.1:8111")
    settings = Settings()
    where = endpoints(settings, None)

    assert not settings.embeds_simulator
    addresses = (where.trading_url, where.data_url, where.stream_url)
    assert not [address for address in addresses if "127.0.0.1:8111" not in address]


def test_the_embedded_simulator_is_the_whole_of_alpaca() -> None:
    where = endpoints(Settings(), "http://127.0.0.1:8111")

    addresses = (where.trading_url, where.data_url, where.stream_url)
    assert not [address for address in addresses if "127.0.0.1:8111" not in address]


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_PORT", port)

    with pytest.raises(ValidationError):
        Settings()


def test_it_listens_on_this_machine_alone_unless_told() -> None:
    assert ("127.0.0.1", 8002) == (Settings().host, Settings().port)


def test_more_names_of_the_server_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_ALLOWED_HOSTS", "desk.lan, desk ,")

    assert frozenset({"desk.lan", "desk"}) == Settings().hosts
