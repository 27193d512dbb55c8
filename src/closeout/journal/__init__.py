"""
The append-only record of every close, on SQLite or PostgreSQL.

Nothing is imported here: SQLAlchemy takes a third of a second, and only the program that
opens a journal (`closeout.journal.store.SqlJournal`) should pay for it.
"""
