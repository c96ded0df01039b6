"""What a project must have to start, and what no network may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from annotation.common.errors import Conflict, InvalidInput, InvalidTransition
from annotation.images.models import ImageRole, ImageSplit, ProjectImage
from annotation.masks.models import MaskKind
from annotation.projects.models import ProjectState, Role
from annotation.rounds.repository import check_test_score, training_samples
from annotation.rounds.services import project_start
from tests.annotation.rounds.world import World
from tests.factories import (
    MaskFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    member,
    seed_film,
)

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def world() -> World:
    return World()


def test_a_project_without_enough_seeds_is_refused_by_field(api_as: Client) -> None:
    project = ProjectFactory()
    admin = member(project, Role.ADMIN)
    seed_film(project)
    answer = api_as(admin).post(f"/api/projects/{project.slug}/start")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "seeds")
    project.refresh_from_db()
    assert project.state == ProjectState.SETUP


def test_a_project_that_runs_cannot_be_started_again(world: World) -> None:
    world.start()
    with pytest.raises(InvalidTransition):
        project_start(project=world.project, actor=world.people["admin"])


def test_seeds_of_one_patient_cannot_select_what_they_train() -> None:
    project = ProjectFactory()
    first = seed_film(project)
    for _ in range(10):
        seed_film(project, patient=first.image.patient)
    ProjectImageFactory(project=project)
    with pytest.raises(InvalidInput, match="one patient"):
        project_start(project=project, actor=None)


def test_a_test_score_is_refused_for_a_network_that_saw_a_test_patient(world: World) -> None:
    film = ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL)[0]
    film.split = ImageSplit.TEST
    film.save()
    group = str(film.image.patient.split_group)
    clean = ModelVersionFactory(project=world.project, trained_groups=["other"], selected_groups=["another"])
    check_test_score(clean)
    for fields in ({"trained_groups": [group]}, {"selected_groups": [group]}):
        with pytest.raises(Conflict) as refused:
            check_test_score(ModelVersionFactory(project=world.project, **fields))
        assert refused.value.code == "test_set_seen"


def test_training_takes_no_film_of_a_test_or_validation_patient(world: World) -> None:
    world.start()
    pool = list(ProjectImage.objects.filter(project=world.project, role=ImageRole.POOL).select_related("image"))
    from annotation.rounds.repository import truth_set

    for film in pool:
        mask = MaskFactory(project=world.project, image=film.image, kind=MaskKind.DRAWING)
        truth_set(project_image=film, mask=mask, provenance="drawn", round_number=2)
    test = pool[0]
    test.split = ImageSplit.TEST
    test.save()
    same_patient = pool[1]
    same_patient.image.patient = test.image.patient
    same_patient.image.save()
    samples = training_samples(world.project, include_seeds=True, include_pool=True)
    used = {UUID(sample.sample_id) for sample in samples}
    assert not used & {test.image_id, same_patient.image_id}
    assert pool[2].image_id in used
    assert samples == training_samples(world.project, include_seeds=True, include_pool=True)
