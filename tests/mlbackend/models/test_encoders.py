"""The names that the platform knows are those that can be built."""

from __future__ import annotations

from mlbackend.contracts import ENCODERS
from mlbackend.models.registry import encoder_names


def test_the_platform_knows_every_encoder_that_can_be_built_and_no_other() -> None:
    assert list(ENCODERS) == encoder_names()
