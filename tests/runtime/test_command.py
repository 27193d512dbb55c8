"""The command refuses to start in words, never in tracebacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from closeout.bootstrap import configure_logging, open_desk
from closeout.config import Settings
from closeout.data_folder import data_folder, own_folder
from closeout.domain.errors import CloseoutError


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `closeout` in an empty folder, with nothing set but this."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "closeout", *arguments],
        cwd=tmp_path,
        env=kept
        | {"CLOSEOUT_DATA_DIR": str(tmp_path / "data"), "CLOSEOUT_PORT": "0"}
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_half_a_pair_of_keys_is_told_in_one_line_without_the_key(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", ALPACA_API_KEY="PKVERYPUBLIC")

    assert 2 == done.returncode
    assert "set both ALPACA_API_KEY and ALPACA_SECRET_KEY" in done.stderr
    assert "PKVERYPUBLIC" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_fresh_start_is_refused_for_a_real_account(tmp_path: Path) -> None:
    journal = tmp_path / "data" / "paper" / "journal.db"
    journal.parent.mkdir(parents=True)
    journal.write_text("what happened")

    done = run(tmp_path, "serve", "--fresh", ALPACA_API_KEY="k", ALPACA_SECRET_KEY="s")

    assert 2 == done.returncode
    assert "real account" in done.stderr
    assert "what happened" == journal.read_text()


@pytest.mark.parametrize("arguments", [["serve"], ["serve", "--fresh"]])
def test_a_folder_in_use_is_told_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    with own_folder(tmp_path / "data" / "simulated" / "desk"):
        done = run(tmp_path, *arguments)

    assert 2 == done.returncode
    assert "Another Closeout is running" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "70000")

    assert 2 == done.returncode
    assert "Traceback" not in done.stderr


def test_the_contract_is_printed_without_a_server(tmp_path: Path) -> None:
    done = run(tmp_path, "openapi")

    assert 0 == done.returncode
    assert "/api/positions/{position_id}/close-strategy" in json.loads(done.stdout)["paths"]


async def test_a_journal_of_another_kind_of_account_is_refused(tmp_path: Path) -> None:
    """One database for paper and live would mix their closes."""
    database = f"sqlite:///{tmp_path}/shared.db"

    def settings(paper: str) -> Settings:
        values = {
            "CLOSEOUT_DATA_DIR": str(tmp_path / "data"),
            "CLOSEOUT_DATABASE_URL": database,
            "ALPACA_API_KEY": "k",
            "ALPACA_SECRET_KEY": "s",
            "ALPACA_PAPER": paper,
        }
        return Settings(_env_file=None, **values)  # type: ignore[arg-type] # by alias

    async with open_desk(settings("true")) as desk:
        assert "PAPER" == desk.mode

    with pytest.raises(CloseoutError):
        async with open_desk(settings("false")):
            pass
    assert data_folder(settings("true")) != data_folder(settings("false"))


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_error_is_logged_in_every_form_without_what_the_variables_hold(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = structlog.get_config()
    try:
        configure_logging(Settings(_env_file=None, CLOSEOUT_LOG_FORMAT=form))
        _stumble("very-secret")
    finally:
        structlog.configure(**before)

    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "very-secret" not in told


def _stumble(secret: str) -> None:
    held = {"key": secret}
    try:
        raise ValueError("a stumble")  # noqa: TRY301 - the traceback is the point
    except ValueError:
        structlog.get_logger("test").exception("it.failed", held=len(held))
