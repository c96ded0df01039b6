"""The names that the platform knows are those that the library can build."""

from __future__ import annotations

from mlbackend.contracts import ENCODERS
from mlbackend.models.registry import encoder_names


def test_the_platform_knows_every_encoder_of_the_library_and_no_other() -> None:
    assert list(ENCODERS) == encoder_names()
