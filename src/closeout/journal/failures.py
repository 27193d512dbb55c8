"""What a database says when it cannot, in sentences for the person who can mend it."""

from sqlalchemy.exc import DBAPIError, IntegrityError

from closeout.ports import JournalFailed, SequenceTaken


class JournalBelongsToAnother(JournalFailed):
    """This journal holds the closes of another account or of a simulated world."""

    code = "journal_of_another_account"


# https://www.sqlite.org/rescode.html; the low byte is the kind, the rest its detail.
_SQLITE = {
    5: "another program has it locked: close other programs that have the file open",
    6: "another connection has it locked: close other programs that have the file open",
    8: "it is read-only: give the user who runs Closeout the right to write to the file "
    "and its folder",
    10: "the disk did not answer: check the disk and its free space, then restart Closeout",
    11: "the file is damaged: restore it from a backup; `closeout doctor` names the first bad row",
    13: "the disk is full: free some space",
    14: "the file cannot be opened: check that its folder exists and may be written to",
    26: "the file is no SQLite database: check CLOSEOUT_DATABASE_URL",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "25P03": "this process was stopped in the middle of a write, and the server undid it",
    "25006": "the server is read-only, perhaps a replica: point CLOSEOUT_DATABASE_URL at the "
    "primary",
    "42501": "the user may not do this: grant it the right to read and write the journal's tables",
    "53100": "the server's disk is full: free some space there",
    "55P03": "another session has it locked: see pg_stat_activity on the server",
    "57014": "the server took too long: see pg_stat_activity on the server",
}
# Said while connecting, when libpq passes on the sentence but no code.
_POSTGRES_REFUSED = (
    "the server refused the connection for the reason it gives: check the user, the password and "
    "the database in CLOSEOUT_DATABASE_URL (createdb creates one)"
)
_POSTGRES_GONE = "the server cannot be reached: start it or check CLOSEOUT_DATABASE_URL"


def explain(error: DBAPIError, place: str) -> JournalFailed:
    """Return what `error` means for the journal at `place`, which must hold no password."""
    if isinstance(error, IntegrityError):
        return SequenceTaken(
            "This close, or another under the same idempotency key, is already in the journal: "
            "load it and go on from there."
        )
    cause = error.orig
    advice = _advice(cause)
    return JournalFailed(f"The journal at {place} failed: {advice}. ({_first_line(cause)})")


def _advice(cause: BaseException | None) -> str:
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return _SQLITE.get(sqlite_code & 0xFF, "the database refused the work")
    state = getattr(cause, "sqlstate", None)
    if state is None and "FATAL:" in str(cause):
        return _POSTGRES_REFUSED
    # Classes 08, connection, and 57P, a server that is going down or coming up.
    if state is None or state.startswith(("08", "57P")):
        return _POSTGRES_GONE
    return _POSTGRES.get(state, "the database refused the work")


def _first_line(cause: BaseException | None) -> str:
    return next(iter(str(cause).splitlines()), type(cause).__name__)
