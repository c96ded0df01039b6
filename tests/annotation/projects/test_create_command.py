"""``manage.py create_project``."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from annotation.projects.models import Membership, Project
from annotation.projects.protocol import Protocol

pytestmark = pytest.mark.django_db


def test_a_project_is_made_with_its_people_and_its_own_numbers() -> None:
    out = io.StringIO()
    call_command(
        "create_project", "chest", "--admin", "alice", "--annotator", "bob", "--annotator", "alice",
        "--set", "II.batch_size=40", "--set", "II.total=80", stdout=out,
    )  # fmt: skip
    project = Project.objects.get(slug="chest")
    roles = set(Membership.objects.filter(project=project).values_list("user__username", "role"))
    assert roles == {("alice", "admin"), ("alice", "annotator"), ("bob", "annotator")}
    assert out.getvalue().count("password") == 2
    stage = Protocol.from_json(project.protocol).stages[1]
    assert getattr(stage, "batch_size", None) == 40


@pytest.mark.parametrize(
    ("flags", "target", "convention"),
    [
        ((), "lung", "heart_out"),
        (("--protocol", "qata"), "infection", "infection"),
        (("--protocol", "qata", "--target", "lung"), "lung", "heart_out"),
        (("--target", "infection"), "infection", "infection"),
    ],
)
def test_the_protocols_own_target_is_drawn_unless_another_is_named(
    flags: tuple[str, ...], target: str, convention: str
) -> None:
    call_command("create_project", "chest", *flags, stdout=io.StringIO())
    project = Project.objects.get()
    assert (project.target, project.convention) == (target, convention)


@pytest.mark.parametrize("wrong", ["II.batch_size=0", "II.nothing=1", "training.loss=foo", "training.epochs=many"])
def test_a_wrong_number_makes_no_project_and_says_which_it_was(wrong: str) -> None:
    with pytest.raises(CommandError, match=wrong.split(".")[1].split("=")[0]):
        call_command("create_project", "chest", "--set", wrong)
    assert not Project.objects.exists()
