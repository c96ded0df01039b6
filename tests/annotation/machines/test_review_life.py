"""Any order of anybody's moves in the review life, against a book of plain dicts; FUZZ makes more of them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as tried
from hypothesis.stateful import run_state_machine_as_test

from tests.annotation.machines.machine import ReviewLife
from tests.annotation.machines.scene import LEASE, Scene

pytestmark = pytest.mark.django_db
FACTOR = int(os.environ.get("FUZZ", "1"))
EXAMPLES = {"II.1": 3, "III": 2, "IV": 2}
STEPS = 20
FEW = ("II.1", "III")
"""Begun from in every run; later scenes take seconds to come to, and are left to ``make machines``."""


@pytest.mark.parametrize("stage", list(EXAMPLES) if FACTOR > 1 else FEW)
def test_whatever_people_do_the_platform_says_what_the_acts_say(stage: str, settings: Any) -> None:
    settings.REVIEW_LEASE_SECONDS = LEASE
    machine = type("ReviewLifeFrom" + stage, (ReviewLife,), {"scene": Scene(stage)})
    run_state_machine_as_test(
        machine,
        settings=tried(
            max_examples=EXAMPLES[stage] * FACTOR,
            stateful_step_count=STEPS if FACTOR == 1 else 2 * STEPS,
            derandomize=FACTOR == 1,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if FACTOR > 1 else [])],
        ),
    )
