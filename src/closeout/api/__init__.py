"""The HTTP API: thin routes over the runtime, and the only place that knows FastAPI."""
