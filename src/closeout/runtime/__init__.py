"""The asyncio shell that drives the core: it owns tasks and time, and decides nothing."""
