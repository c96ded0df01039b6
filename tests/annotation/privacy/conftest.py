"""The world of the privacy tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.benchmarks.services import benchmark_start
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze, labels_start
from annotation.findings.maps.services import map_ask
from annotation.findings.services import findings_ask
from annotation.images.models import ProjectImage
from annotation.projects.models import Role
from mlbackend.contracts import BenchmarkWish
from tests.annotation.privacy.world import NeedleWorld


@pytest.fixture
def needles(db: None, tmp_path: Path) -> NeedleWorld:
    """Imported, not started."""
    return NeedleWorld(tmp_path / "to import")


@pytest.fixture
def dataset(needles: NeedleWorld) -> DatasetVersion:
    """Two stages walked, a version with its label history, findings asked for, and a benchmark planned."""
    needles.start()
    assert needles.accept_all() == 2
    needles.walk()
    admin = needles.people[Role.ADMIN]
    version = dataset_freeze(projects=[needles.project], actor=admin, include_seeds=True)
    labels_start(version=version, actor=admin)
    needles.gpu.work()
    films = list(ProjectImage.objects.filter(project=needles.project).values_list("image_id", flat=True)[:3])
    findings_ask(project=needles.project, images=films, actor=admin)
    map_ask(project=needles.project, image_id=films[0], actor=admin)
    benchmark_start(
        version=version, wish=BenchmarkWish(config="reduced", tasks=["lung"], schemes=["parallel"]), actor=admin
    )
    return version
