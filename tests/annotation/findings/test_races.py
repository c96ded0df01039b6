"""Two researchers ask for the same map at the same moment."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from annotation.accounts.models import User
from annotation.findings.maps.services import map_ask
from annotation.findings.models import ProbabilityMap
from annotation.images.models import Image
from annotation.jobs.models import Job
from annotation.projects.models import Convention, Project, Role, Target
from tests.annotation.exports.world import settled
from tests.annotation.reviews.racing import race
from tests.factories import ModelVersionFactory, ProjectFactory, RoundFactory, member

pytestmark = pytest.mark.django_db(transaction=True)


def ask(project: Project, image: UUID, person: User) -> tuple[str, bool]:
    drawn, new = map_ask(project=project, image_id=image, actor=person)
    return str(drawn.pk), new


def test_a_map_that_four_people_ask_for_at_once_is_drawn_once() -> None:
    project = ProjectFactory(target=Target.INFECTION, convention=Convention.INFECTION)
    settled(project)
    RoundFactory(project=project, number=1, name="I", main_network=ModelVersionFactory(project=project, round_number=1))
    people = [member(project, Role.RESEARCHER) for _ in range(4)]
    image = Image.objects.get().pk
    answers = race(*(partial(ask, project, image, person) for person in people))
    drawn = ProbabilityMap.objects.get()
    assert {pk for pk, _ in answers} == {str(drawn.pk)}
    assert sorted(new for _, new in answers) == [False, False, False, True]
    assert Job.objects.filter(kind="map").count() == 1
