"""One project through all four stages, with a GPU that answers at once and people who follow rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from annotation.accounts.models import User
from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.masks.codec import encode_png
from annotation.masks.models import ModelVersion
from annotation.masks.services import mask_read
from annotation.projects.models import Project, ProjectState, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import (
    Submission,
    adjudication_submit,
    correction_submit,
    selection_submit,
    tasks_next,
    verdict_submit,
    verification_submit,
)
from annotation.rounds.models import Round, RoundState, StepState
from annotation.rounds.repository import current
from annotation.rounds.services import project_start, round_retry
from tests.factories import ProjectFactory, ProjectImageFactory, member, seed_film
from tests.support.fake_gpu import FakeGpu

pytestmark = pytest.mark.django_db

NOW = {"undo_grace_seconds": 0.0}
_keys = (f"key-{n:08d}" for n in itertools.count())


class World:
    """A project with twelve seeds and twenty pool films, its people, and a GPU."""

    def __init__(self, **protocol: dict[str, Any]) -> None:
        stages: dict[str, dict[str, Any]] = {
            "II": {"batch_size": 4, "total": 8, **NOW},
            "III": dict(NOW),
            "IV": {"fraction": 0.25, **NOW},
        }
        for name, values in protocol.items():
            stages[name] = {**stages.get(name, {}), **values}
        self.project: Project = ProjectFactory(protocol=get_protocol("covid-qu", **stages).to_json())
        for _ in range(12):
            seed_film(self.project)
        for n in range(20):
            ProjectImageFactory(project=self.project, image__label=["normal", "covid"][n % 2])
        self.admin = member(self.project, Role.ADMIN)
        self.annotator = member(self.project, Role.ANNOTATOR)
        self.physician = member(self.project, Role.PHYSICIAN)
        self.gpu = FakeGpu()

    def start(self) -> None:
        project_start(project=self.project, actor=self.admin)
        self.gpu.walk(self.project)

    def round(self) -> Round:
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def work(self, user: User, decide: Callable[[ReviewTask, Submission], Any]) -> int:
        """The user works until nothing is left; returns how many tasks."""
        for count in itertools.count():
            tasks = tasks_next(user=user, project=self.project, count=1)
            if not tasks:
                return count
            task = tasks[0]
            assert task.lease_token is not None
            decide(task, Submission(user, task.pk, next(_keys), task.lease_token, 2.0))
        raise AssertionError

    def film(self, task: ReviewTask) -> ProjectImage:
        return ProjectImage.objects.get(pk=task.project_image_id)


def accept(task: ReviewTask, submission: Submission) -> None:
    if task.kind == TaskKind.VERDICT:
        verdict_submit(submission=submission, decision="accept")
    elif task.kind == TaskKind.SELECTION:
        selection_submit(submission=submission, decision="pick", position=0)
    elif task.kind == TaskKind.VERIFICATION:
        verification_submit(submission=submission, decision="confirm")
    else:
        correct(task, submission)


def correct(task: ReviewTask, submission: Submission) -> None:
    assert task.proposal is not None
    mask = mask_read(task.proposal)
    mask[: mask.shape[0] // 3] = False
    correction_submit(submission=submission, png=encode_png(mask))


def test_a_project_goes_through_all_four_stages_and_ends_with_a_truth_for_every_film() -> None:
    world = World()
    world.start()
    names = []
    while Project.objects.get(pk=world.project.pk).state == ProjectState.RUNNING:
        names.append(world.round().name)
        worked = world.work(world.annotator, accept) + world.work(world.physician, accept)
        assert worked, f"round {world.round()} waits for nobody"
        world.gpu.walk(world.project)
    assert names == ["II.1", "II.2", "III", "IV"]
    pool = ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL)
    assert set(pool.values_list("state", flat=True)) == {ImageState.SETTLED}
    assert current(world.project).count() == 12 + 20
    assert pool.filter(split=ImageSplit.TEST).count() == 5
    assert ModelVersion.objects.filter(project=world.project).count() == 3 + 2 + 6 + 1


def test_the_four_verdicts_each_lead_where_the_protocol_says() -> None:
    world = World()
    world.start()
    verdicts = iter(["accept", "reject", "unsure", "exclude"])
    said: dict[Any, str] = {}

    def decide(task: ReviewTask, submission: Submission) -> None:
        if task.kind != TaskKind.VERDICT:
            correct(task, submission)
            return
        decision = next(verdicts, "accept")
        said[task.project_image_id] = decision
        verdict_submit(submission=submission, decision=decision, comment="rotated" if decision == "exclude" else "")

    world.work(world.annotator, decide)
    world.work(
        world.physician,
        lambda task, submission: adjudication_submit(submission=submission, decision="advise", comment="lower left"),
    )
    world.work(world.annotator, decide)
    first = {decision: ProjectImage.objects.get(pk=pk) for pk, decision in said.items()}
    world.gpu.walk(world.project)
    provenance = {entry.project_image_id: entry.provenance for entry in current(world.project)}
    assert provenance[first["reject"].pk] == "corrected"
    assert provenance[first["unsure"].pk] == "corrected"
    assert first["exclude"].state == ImageState.EXCLUDED
    assert first["exclude"].exclusion_reason == "rotated"
    assert first["exclude"].pk not in provenance
    batch = world.round()
    assert batch.name == "II.1", "the excluded film is replaced before the round goes on"
    assert batch.films.count() == 5
    world.work(world.annotator, accept)
    world.gpu.walk(world.project)
    assert world.round().name == "II.2"


def test_denied_films_are_predicted_by_the_most_picked_network_and_reviewed_as_one_batch() -> None:
    world = World()
    world.start()
    for _ in range(2):
        world.work(world.annotator, accept)
        world.gpu.walk(world.project)
    assert world.round().name == "III"
    denied: list[Any] = []

    def decide(task: ReviewTask, submission: Submission) -> None:
        if len(denied) < 3:
            denied.append(task.project_image_id)
            selection_submit(submission=submission, decision="deny")
            return
        names = {c.position: c.mask.model_version.name for c in task.candidates.select_related("mask__model_version")}
        position = next(p for p, name in names.items() if name == "fpn-resnet18")
        selection_submit(submission=submission, decision="pick", position=position)

    world.work(world.annotator, decide)
    world.gpu.walk(world.project)
    elected = Round.objects.get(project=world.project, name="III").steps.get(kind="elect").outcome
    by_name = {network["name"]: network for network in elected["networks"]}
    assert ModelVersion.objects.get(pk=elected["elected"]).name == "fpn-resnet18"
    assert elected["denied"] == 3
    assert elected["picks"] == 9
    assert by_name["fpn-resnet18"]["low"] < by_name["fpn-resnet18"]["share"] <= by_name["fpn-resnet18"]["high"]
    assert world.round().name == "III.denied"
    assert set(world.round().films.values_list("project_image_id", flat=True)) == set(denied)
    tasks = ReviewTask.objects.filter(batch=world.round().batch).select_related("proposal__model_version")
    assert {task.proposal.model_version.purpose for task in tasks if task.proposal} == {"most_picked"}


def test_nothing_is_trained_on_the_validation_pool_and_it_never_changes() -> None:
    world = World(II={"validation_growth": 0.5})
    world.start()
    seeds = ProjectImage.objects.filter(project=world.project, role=ImageRole.SEED, split=ImageSplit.VALIDATION)
    pool = {str(group) for group in seeds.values_list("image__patient__split_group", flat=True)}
    assert len(pool) == round(0.2 * 12)
    while Project.objects.get(pk=world.project.pk).state == ProjectState.RUNNING:
        world.work(world.annotator, accept)
        world.work(world.physician, accept)
        world.gpu.walk(world.project)
    grown = ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL, split=ImageSplit.VALIDATION)
    barred = {str(group) for group in grown.values_list("image__patient__split_group", flat=True)}
    assert barred
    for model in ModelVersion.objects.filter(project=world.project):
        assert set(model.selected_groups) == pool
        assert not set(model.trained_groups) & (pool | barred)
    last = ModelVersion.objects.filter(project=world.project).order_by("created_at").last()
    assert last is not None
    assert {sample["patient"] for sample in last.job.request["samples"] if sample["split"] == "grown"} == barred
    test = ProjectImage.objects.filter(project=world.project, split=ImageSplit.TEST)
    assert not {str(g) for g in test.values_list("image__patient__split_group", flat=True)} & (pool | barred)


def test_stage_two_ends_early_when_the_accept_rates_interval_lies_above_the_level() -> None:
    world = World(II={"batch_size": 4, "total": 16, "stop_accept_rate": 0.4})
    world.start()
    world.work(world.annotator, accept)
    world.gpu.walk(world.project)
    assert world.round().name == "III", "four accepts of four put the interval's lower end at 0.51"


def test_a_failed_training_stops_the_round_with_its_words_and_a_retry_runs_it_alone() -> None:
    world = World()
    world.gpu.fail = ["out of memory on device 0"]
    world.start()
    failed = world.round()
    assert failed.state == RoundState.FAILED
    assert "out of memory on device 0" in failed.steps.get(state=StepState.FAILED).error
    assert ModelVersion.objects.filter(project=world.project).count() == 2
    round_retry(round_=failed, actor=world.admin)
    world.gpu.walk(world.project)
    assert world.gpu.worked.count("train") == 4
    assert world.round().name == "II.1"


def test_a_stratum_with_too_many_corrections_is_verified_whole() -> None:
    world = World(IV={"strata": ("label",), "reopen_above": 0.3})
    world.start()
    while world.round().name != "IV":
        world.work(world.annotator, accept)
        world.gpu.walk(world.project)

    def doubt(task: ReviewTask, submission: Submission) -> None:
        assert task.proposal is not None
        if world.film(task).image.label == "covid":
            mask = mask_read(task.proposal)
            mask[np.nonzero(mask)[0][0]] = False
            verification_submit(submission=submission, decision="correct", png=encode_png(mask))
        else:
            verification_submit(submission=submission, decision="confirm")

    drawn = world.work(world.physician, doubt)
    world.gpu.walk(world.project)
    reopened = world.round().films.filter(reason="reopened")
    covid = ProjectImage.objects.filter(project=world.project, image__label="covid", role=ImageRole.POOL)
    assert drawn == 5
    assert reopened.count() == covid.exclude(split=ImageSplit.TEST).count()
    world.work(world.physician, accept)
    world.gpu.walk(world.project)
    assert Project.objects.get(pk=world.project.pk).state == ProjectState.FINISHED
    estimate = world.round().steps.get(kind="estimate").outcome
    assert estimate["strata"]["covid"]["share"] == 1.0
    assert estimate["strata"]["normal"]["share"] == 0.0
