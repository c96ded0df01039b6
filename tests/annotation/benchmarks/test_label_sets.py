"""A benchmark on the platform whose networks learn from earlier masks."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun, RunState
from annotation.benchmarks.services import benchmark_start
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.projects.models import Role
from mlbackend.contracts import BenchmarkRequest, BenchmarkResult, BenchmarkWish
from tests.annotation.benchmarks.world import work_all
from tests.annotation.exports.label_world import ready
from tests.annotation.rounds.world import World
from tests.factories import member

pytestmark = pytest.mark.one_database

WISH = BenchmarkWish(
    "reduced", networks=["fpn"], folds=[1], tasks=["lung"], epochs=1, image_size=32, label_sets=["candidate", "final"]
)


@pytest.fixture
def version(db: None) -> DatasetVersion:
    """Of a project whose first batch is settled, with its seeds: these the first network draws otherwise."""
    world = World()
    world.start()
    world.accept_all()
    return dataset_freeze(projects=[world.project], actor=None, include_seeds=True)


@pytest.fixture
def rita(version: DatasetVersion) -> User:
    return member(version.project, Role.RESEARCHER)


def test_earlier_masks_need_a_history_and_the_refusal_says_how_to_get_one(version: DatasetVersion, rita: User) -> None:
    with pytest.raises(Conflict, match="has no candidates yet") as caught:
        benchmark_start(version=version, wish=WISH, actor=rita)
    assert "prepare its label history first" in caught.value.remedy
    assert not BenchmarkRun.objects.exists()


def test_networks_learn_from_each_set_and_the_films_of_the_history_are_the_datasets(
    version: DatasetVersion, rita: User
) -> None:
    ready(version)
    run = benchmark_start(version=version, wish=WISH, actor=rita)
    rows = list(csv.DictReader(io.StringIO(blobs().read(run.prefix + "labels.csv").decode())))
    films = {str(item.image_id) for item in version.items.all()}
    assert {row["image"] for row in rows} == films
    assert all(hashlib.sha256(blobs().read(row["mask"])).hexdigest() == row["mask_sha256"] for row in rows)

    def real(request: BenchmarkRequest) -> BenchmarkResult:
        from mlbackend.benchmark.run.steps import run_step

        return run_step(request, blobs(), on_progress=lambda progress: None, should_cancel=lambda: False, worker="w")

    work_all(real)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FINISHED, "")
    cells = run.steps.filter(kind="cell").select_related("job")
    assert [cell.label_set for cell in cells] == ["candidate", "final"]
    ended = [json.loads(blobs().read(f"{run.prefix}cells/{cell.key}/result.json")) for cell in cells]
    assert len({one["weights_sha256"] for one in ended}) == 2, "other masks, other weights"
