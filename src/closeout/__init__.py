"""Close Alpaca option strategies as one order, and prove that they are gone."""
