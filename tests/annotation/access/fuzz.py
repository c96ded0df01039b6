"""How many inputs a fuzzing test tries: few in every run, as many as one likes by ``make fuzz``."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

FACTOR = int(os.environ.get("FUZZ", "1"))


def tried(examples: int) -> Any:
    """Settings of a test with so many inputs, times FUZZ. What is made is the same each time, unless there are many."""
    return settings(
        max_examples=examples * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Made smaller only where somebody looks for faults: it may take long.
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if FACTOR > 1 else [])],
    )
