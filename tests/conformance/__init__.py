"""
Numbered cards that say what Closeout relies on at Alpaca, each runnable.

In the test suite they run against the simulator; `make conformance-paper` runs them against
a real paper account and prints what it found, settling what is not documented.
"""
