"""The world of the privacy tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.annotation.privacy.world import NeedleWorld


@pytest.fixture
def needles(db: None, tmp_path: Path) -> NeedleWorld:
    """Imported, not started."""
    return NeedleWorld(tmp_path / "to import")
