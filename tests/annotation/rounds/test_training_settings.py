"""Training settings can be put right until the first network serves; a stage I that failed uses the new ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.common.errors import Conflict
from annotation.common.models import AuditEvent
from annotation.jobs.models import Job, JobStatus
from annotation.projects.models import Project
from annotation.projects.protocol import Protocol, rules_of
from annotation.projects.protocol.training import Training
from annotation.projects.serializers import TrainingChangeSerializer
from annotation.rounds.engine import advance
from annotation.rounds.models import Round, RoundState, RoundStep, StepState
from annotation.rounds.services import project_start, round_retry, training_change
from tests.annotation.rounds.qata_world import World as Drawn
from tests.annotation.rounds.qata_world import pick
from tests.annotation.rounds.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

Client = Callable[[Any], Any]
NO_WEIGHTS = "network.encoder_weights: the imagenet weights of resnet18 could not be had (offline)"


@pytest.fixture
def world() -> World:
    return World()


def test_every_training_setting_can_be_named(db: None) -> None:
    assert set(TrainingChangeSerializer().fields) == set(rules_of(Training))


def test_an_admin_changes_settings_before_the_start_and_the_rest_of_the_protocol_stays(
    world: World, api_as: Client
) -> None:
    before = dict(world.project.protocol)
    admin = api_as(world.people["admin"])
    answer = admin.patch(
        f"/api/projects/{world.project.slug}/training", {"encoder_weights": "none", "learning_rate": 0.001}
    )
    assert answer.status_code == 200, answer.content
    after = Project.objects.get(pk=world.project.pk).protocol
    assert after["training"] == {**before["training"], "encoder_weights": "none", "learning_rate": 0.001}
    assert {**after, "training": None} == {**before, "training": None}
    event = AuditEvent.objects.get(action="project.training_change")
    assert event.detail == {
        "old": {"encoder_weights": "imagenet", "learning_rate": 0.0001},
        "new": {"encoder_weights": "none", "learning_rate": 0.001},
    }
    told = {
        one["path"]: one for part in answer.json()["parts"] for one in part["parameters"]
    }  # fmt: skip
    assert told["training.encoder_weights"]["differs"]
    assert told["training.encoder_weights"]["standard"] == "imagenet"
    assert not told["training.epochs"]["differs"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"learning_rate": 0}, "training.learning_rate"),
        ({"encoder_weights": "ftp:x"}, "training.encoder_weights"),
        ({"epochs": 1.5}, "training.epochs"),
        ({"encoder_weights": "none", "encoder_frozen": True}, "training.encoder_frozen"),
        ({"balance": 0.5, "augmentation": "light"}, "training.balance"),
        ({"balance": 3, "augmentation": "none"}, "training.augmentation"),
        ({"colour": "red"}, "colour"),
        ({}, "training"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name_and_changes_nothing(
    world: World, api_as: Client, body: dict[str, Any], field: str
) -> None:
    answer = api_as(world.people["admin"]).patch(f"/api/projects/{world.project.slug}/training", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["field"] == field
    assert Project.objects.get(pk=world.project.pk).protocol == world.project.protocol


def test_only_admins_change_settings_and_all_members_read_them(world: World, api_as: Client) -> None:
    address = f"/api/projects/{world.project.slug}"
    for role, reads, writes in (
        ("annotator", 200, 403), ("physician", 200, 403), ("researcher", 200, 403), ("nobody", 404, 404),
        ("root", 200, 200),
    ):  # fmt: skip
        client = api_as(world.people[role])
        assert client.get(f"{address}/protocol").status_code == reads, role
        assert client.patch(f"{address}/training", {"epochs": 3}).status_code == writes, role


def test_a_stage_one_without_its_weights_says_what_to_change_and_trains_all_anew_after_it(world: World) -> None:
    world.gpu.fail = [NO_WEIGHTS]
    project_start(project=world.project, actor=world.people["admin"])
    failed = world.walk()
    assert failed.state == RoundState.FAILED
    assert "change encoder weights in the project's training settings" in failed.steps.get().error
    old = set(Job.objects.values_list("pk", flat=True))
    world.project.refresh_from_db()
    training_change(project=world.project, changes={"encoder_weights": "none"}, actor=world.people["admin"])
    world.gpu.fail = []
    round_retry(round_=failed, actor=world.people["admin"])
    world.walk()
    first = Round.objects.get(pk=failed.pk)
    assert first.state == RoundState.CLOSED
    jobs = first.steps.get().jobs.all()
    assert {job.request["network"]["encoder_weights"] for job in jobs} == {"none"}
    assert not old & {job.pk for job in jobs}
    assert jobs.count() == len(Protocol.from_json(world.project.protocol).stages[0].networks)  # type: ignore[attr-defined]


def test_what_still_trains_by_old_settings_is_cancelled_by_the_retry(world: World) -> None:
    project_start(project=world.project, actor=world.people["admin"])
    advance(world.project.pk)
    first_job = Job.objects.order_by("created_at")[0]
    world.gpu.fail = [NO_WEIGHTS]
    world.gpu.work_job(first_job.pk)
    advance(world.project.pk)
    training_change(project=world.project, changes={"encoder_weights": "none"}, actor=world.people["admin"])
    round_retry(round_=Round.objects.get(), actor=world.people["admin"])
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.FAILED, JobStatus.CANCELLED}


def test_a_frozen_encoder_and_balanced_kinds_of_films_are_asked_of_every_training(world: World) -> None:
    changes = {"encoder_frozen": True, "balance": 4.81, "augmentation": "shift_rotate"}
    training_change(project=world.project, changes=changes, actor=world.people["admin"])
    project_start(project=world.project, actor=world.people["admin"])
    advance(world.project.pk)
    asked = [(job.request["network"], job.request["settings"]) for job in Job.objects.all()]
    assert asked
    for network, settings in asked:
        assert network["encoder_frozen"] is True
        assert (settings["balance"], settings["augmentation"]) == (4.81, "shift_rotate")


def test_a_project_of_before_trains_whole_encoders_and_shows_each_film_once(world: World) -> None:
    stored = world.project.protocol
    for name in ("encoder_frozen", "balance"):
        del stored["training"][name]
    training = Protocol.from_json(stored).training
    assert (training.encoder_frozen, training.balance) == (False, 0.0)


def test_settings_are_fixed_while_stage_one_trains_and_when_it_has_trained(world: World) -> None:
    project_start(project=world.project, actor=world.people["admin"])
    advance(world.project.pk)
    assert Round.objects.get().steps.get().state == StepState.RUNNING
    with pytest.raises(Conflict, match="is training with these settings now"):
        training_change(project=world.project, changes={"epochs": 1}, actor=world.people["admin"])
    world.walk()
    with pytest.raises(Conflict, match="has trained the first networks") as caught:
        training_change(project=world.project, changes={"epochs": 1}, actor=world.people["admin"])
    assert caught.value.code == "training_fixed"


def test_networks_of_folds_fix_the_settings_too_and_until_they_train_all_is_open() -> None:
    world = Drawn()
    world.start()
    training_change(project=world.project, changes={"epochs": 7}, actor=world.admin)
    world.gpu.fail = [NO_WEIGHTS]
    world.work(pick("drawing"))
    assert world.round().state == RoundState.FAILED
    training_change(project=world.project, changes={"encoder_weights": "none"}, actor=world.admin)
    round_retry(round_=world.round(), actor=world.admin)
    world.gpu.walk(world.project)
    told = Job.objects.filter(steps__kind="train_folds", steps__round=world.round())
    assert {job.request["network"]["encoder_weights"] for job in told} == {"none"}
    assert {job.request["settings"]["epochs"] for job in told} == {7}
    with pytest.raises(Conflict, match="stage Ib has trained the first networks"):
        training_change(project=world.project, changes={"epochs": 1}, actor=world.admin)


def test_while_folds_train_their_settings_stay() -> None:
    world = Drawn()
    world.start()
    step = RoundStep.objects.create(round=world.round(), index=90, kind="train_folds", state=StepState.RUNNING)
    with pytest.raises(Conflict, match="stage Ia is training with these settings now"):
        training_change(project=world.project, changes={"epochs": 1}, actor=world.admin)
    step.delete()
    training_change(project=world.project, changes={"epochs": 1}, actor=world.admin)
