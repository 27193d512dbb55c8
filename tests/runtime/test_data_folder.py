"""Folders: one kind of account each, one process each, and real ones are never deleted."""

import subprocess
import sys
from pathlib import Path

import pytest

from closeout.bootstrap import find_page
from closeout.config import Settings
from closeout.data_folder import (
    DataFolderInUse,
    data_folder,
    forget_simulated_world,
    hold_folder,
    own_folder,
)


def settings(base: Path, *, paper: str | None = None, **more: str) -> Settings:
    """Settings with keys when `paper` is said, and without otherwise."""
    values = {"CLOSEOUT_DATA_DIR": str(base), **more}
    if paper is not None:
        values |= {"ALPACA_API_KEY": "k", "ALPACA_SECRET_KEY": "s", "ALPACA_PAPER": paper}
    return Settings(_env_file=None, **values)  # type: ignore[arg-type] # by alias


def test_simulated_paper_and_live_never_share_a_folder(tmp_path: Path) -> None:
    folders = [
        data_folder(settings(tmp_path)),
        data_folder(settings(tmp_path, paper="true")),
        data_folder(settings(tmp_path, paper="false")),
        data_folder(settings(tmp_path, CLOSEOUT_ALPACA_TRADING_URL="http://127.0.0.1:8111")),
        data_folder(settings(tmp_path, CLOSEOUT_SCENARIO="empty")),
    ]

    for folder in folders:
        others = [other for other in folders if other is not folder]
        assert not any(other == folder or folder in other.parents for other in others)


@pytest.mark.parametrize(
    "scenario", ["..", ".", "/", "../paper", "../../live", "a/../..", "elsewhere", "paper", "  "]
)
def test_no_scenario_names_its_way_into_another_folder(tmp_path: Path, scenario: str) -> None:
    folder = data_folder(settings(tmp_path, CLOSEOUT_SCENARIO=scenario)).resolve()

    assert tmp_path / "simulated" == folder.parent
    elsewhere = settings(tmp_path, CLOSEOUT_ALPACA_TRADING_URL="http://127.0.0.1:8111")
    assert folder != data_folder(elsewhere).resolve()


def test_two_scenario_files_of_one_name_are_two_worlds(tmp_path: Path) -> None:
    first = settings(tmp_path, CLOSEOUT_SCENARIO=str(tmp_path / "a" / "desk.yaml"))
    second = settings(tmp_path, CLOSEOUT_SCENARIO=str(tmp_path / "b" / "desk.yaml"))
    built_in = settings(tmp_path, CLOSEOUT_SCENARIO="desk")

    assert 3 == len({data_folder(each) for each in (first, second, built_in)})


def test_a_new_start_forgets_the_simulated_world_alone(tmp_path: Path) -> None:
    simulated = settings(tmp_path)
    for each in (simulated, settings(tmp_path, paper="true"), settings(tmp_path, paper="false")):
        folder = data_folder(each)
        folder.mkdir(parents=True)
        (folder / "journal.db").write_text("what happened")

    forget_simulated_world(simulated)

    assert ["live/journal.db", "paper/journal.db"] == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("journal.db")
    )


def test_a_real_account_cannot_start_anew(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        forget_simulated_world(settings(tmp_path, paper="true"))


def test_a_world_that_is_in_use_is_not_forgotten(tmp_path: Path) -> None:
    simulated = settings(tmp_path)
    folder = data_folder(simulated)
    with own_folder(folder):
        (folder / "journal.db").write_text("what happens")

        with pytest.raises(DataFolderInUse):
            forget_simulated_world(simulated)

        assert (folder / "journal.db").exists()


def test_a_forgotten_world_is_still_one_process_wide(tmp_path: Path) -> None:
    simulated = settings(tmp_path)
    forget_simulated_world(simulated)
    folder = data_folder(simulated)

    with own_folder(folder), pytest.raises(DataFolderInUse), own_folder(folder):
        pass


def test_a_second_process_on_the_same_folder_is_refused_with_advice(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from closeout.data_folder import own_folder\n"
        f"with own_folder(Path({str(tmp_path)!r})):\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert b"mine\n" == other.stdout.readline()
        with pytest.raises(DataFolderInUse, match="CLOSEOUT_DATA_DIR"), own_folder(tmp_path):
            pass
        other.kill()

    with own_folder(tmp_path):
        pass


def test_an_embedded_world_has_one_process_and_any_other_folder_is_shared(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, CLOSEOUT_ALPACA_TRADING_URL="http://127.0.0.1:8111")
    for shared in (elsewhere, settings(tmp_path, paper="true"), settings(tmp_path, paper="false")):
        with hold_folder(shared), hold_folder(shared):
            pass

    embedded = settings(tmp_path)
    with hold_folder(embedded), pytest.raises(DataFolderInUse), hold_folder(embedded):
        pass


def test_a_shared_world_that_is_in_use_is_not_forgotten(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, CLOSEOUT_ALPACA_TRADING_URL="http://127.0.0.1:8111")

    with hold_folder(elsewhere), pytest.raises(DataFolderInUse):
        forget_simulated_world(elsewhere)


def test_the_page_is_found_where_it_is_set(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()

    assert page == find_page(settings(tmp_path, CLOSEOUT_PAGE_DIR=str(page)))
