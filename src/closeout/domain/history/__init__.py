"""
What the past says about which contracts belong together: a replay, oldest first.

An opening multi-leg order begins a *chain*; orders of the same shape add to it. A close is
taken from the chain it was made for (Closeout's own orders say which), else from the one
that holds all its legs, the same shape before a larger one, older before newer. An order
that closes contracts and opens as many of the same kind elsewhere is a roll: the chain goes
on under its id, and when only some units are rolled, those become a chain of their own. Single
orders are *loose* until shapes are recognised, with two exceptions: one that closes what a
chain holds is taken from it, and one that opens just what a single order has closed in one
chain, on the same day, takes its place there. Assignment, exercise and expiry take contracts
away; the user's assignments move them.

Alpaca infers intents from the net holding. An order that opens a strategy may therefore say
that it closes a leg which another strategy holds the other way. It is read as an opening when
it has a name as a whole, closes only a part of some strategy and is no roll: both strategies
then keep their contracts, on opposite sides.
"""

from closeout.domain.history.replay import Past, read_past

__all__ = ["Past", "read_past"]
