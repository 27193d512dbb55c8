"""Where one process stands: what its side of every port is made with."""

import random
from dataclasses import dataclass

from simulation.checks import Checks
from simulation.loop import Process, VirtualClock, VirtualLoop
from simulation.venue import Venue


@dataclass(frozen=True, slots=True)
class Site:
    loop: VirtualLoop
    clock: VirtualClock
    venue: Venue
    process: Process
    checks: Checks
    chance: random.Random
