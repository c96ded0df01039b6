"""Two people at the same moment, each in a process of its own."""

from __future__ import annotations

import pytest

from annotation.accounts.models import User
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.projects.models import Membership, Project, Role
from annotation.projects.services import member_remove, project_move
from tests.annotation.exports.world import settled
from tests.annotation.reviews.racing import race
from tests.factories import ProjectFactory, member

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_freezes_at_once_get_two_numbers() -> None:
    settled(project := ProjectFactory())

    def freeze() -> int:
        return dataset_freeze(projects=[Project.objects.get(pk=project.pk)], actor=None).number

    assert sorted(race(freeze, freeze, freeze)) == [1, 2, 3]


def test_two_freezes_of_the_same_content_at_once_are_one_version() -> None:
    settled(project := ProjectFactory())

    def freeze() -> int:
        return dataset_freeze(projects=[Project.objects.get(pk=project.pk)], actor=None, reuse=True).number

    assert race(freeze, freeze) == [1, 1]
    assert DatasetVersion.objects.count() == 1


def test_two_admins_who_remove_each_other_leave_one() -> None:
    project = ProjectFactory()
    first, second = member(project, Role.ADMIN), member(project, Role.ADMIN)

    def remove(user: User, actor: User) -> str:
        member_remove(project, user=user, role="admin", actor=actor)
        return "removed"

    answers = race(lambda: remove(first, second), lambda: remove(second, first))
    assert answers.count("removed") == 1
    assert Membership.objects.filter(project=project, role=Role.ADMIN).count() == 1


def test_two_pauses_at_once_are_one_pause_and_one_clear_answer() -> None:
    project = ProjectFactory(state="running")

    def pause() -> str:
        return str(project_move(Project.objects.get(pk=project.pk), "paused").state)

    assert sorted(race(pause, pause)) == ["invalid_transition", "paused"]
