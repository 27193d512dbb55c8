"""
The HTTP contract: what goes over the wire between Closeout and its clients.

Money travels as decimal strings, never as JSON numbers, so that no client has to
trust a binary float; requests accept either. Output models have no defaults, so
that generated clients see every field as present.
"""
