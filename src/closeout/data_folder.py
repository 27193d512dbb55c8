"""Where journal and world live, and who may use them: one folder for each kind of account."""

import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from closeout.config import Mode, Settings
from closeout.domain.errors import CloseoutError

_LOCK = "lock"


class DataFolderInUse(CloseoutError):
    """Another Closeout works on this data folder, and it cannot be shared."""

    code = "data_folder_in_use"


def data_folder(settings: Settings) -> Path:
    """
    Return where journal and world live: one folder per kind of account.

    A simulated world and its journal are together, and never beside a real account's.
    """
    if settings.mode is not Mode.SIMULATED:
        return settings.data_dir / settings.mode.value.lower()
    if not settings.embeds_simulator:
        return settings.data_dir / "simulated" / "_elsewhere"
    return settings.data_dir / "simulated" / _world_name(settings.scenario)


def _world_name(scenario: str) -> str:
    """Name a scenario's folder; a file's gets a mark of its path, which may leave nothing else."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", scenario):
        return scenario
    path = Path(scenario).resolve()
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9-]+", "-", path.stem).strip("-") + f"_{mark}"


def forget_simulated_world(settings: Settings) -> None:
    """
    Delete the simulated world and its journal. A real account's folder is never touched.

    Raises:
        DataFolderInUse: another process is at work in it.
    """
    assert settings.mode is Mode.SIMULATED, "only a simulated world can start anew"
    folder = data_folder(settings)
    with own_folder(folder):
        for each in folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != _LOCK:
                # The lock stays: a new file of that name would lock nobody out.
                each.unlink()


def hold_folder(settings: Settings) -> AbstractContextManager[None]:
    """
    Hold the data folder: alone for an embedded simulator's world, else with others.

    Processes that share a folder share its journal, which lets one of them work the account.

    Raises:
        DataFolderInUse: see `own_folder`.
    """
    folder = data_folder(settings)
    return own_folder(folder) if settings.embeds_simulator else share_folder(folder)


def own_folder(folder: Path) -> AbstractContextManager[None]:
    """
    Hold the folder for this process alone.

    Raises:
        DataFolderInUse: another process holds it.
    """
    return _locked(folder, fcntl.LOCK_EX)


def share_folder(folder: Path) -> AbstractContextManager[None]:
    """
    Hold the folder together with others who share it, so that nobody deletes it meanwhile.

    Raises:
        DataFolderInUse: another process holds it alone.
    """
    return _locked(folder, fcntl.LOCK_SH)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(
                f"Another Closeout is running on {folder}. Stop it first, or set "
                "CLOSEOUT_DATA_DIR to another folder."
            ) from None
        yield


def journal_url(settings: Settings) -> str:
    """Return where the journal is: as set, else in the data folder."""
    file = data_folder(settings) / "journal.db"
    return settings.database_url or f"sqlite:///{file.resolve()}"
