"""One close as a sans-IO machine: `state, effects = step(state, event)`."""
