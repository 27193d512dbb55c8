"""Pure values and arithmetic: no clock, no network, no disk, no framework."""
