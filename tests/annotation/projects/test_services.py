"""Projects, their members, states and guides."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from annotation.common.errors import Conflict, InvalidInput, InvalidTransition, NotAllowed
from annotation.common.models import AuditEvent
from annotation.projects.models import ALLOWED, DrawingGuide, GuideReading, Membership, Project, ProjectState, Role
from annotation.projects.permissions import roles_of
from annotation.projects.protocol import Protocol, ProtocolError, get_protocol
from annotation.projects.selectors import field_texts, guide_read_version, protocols_describe
from annotation.projects.services import (
    guide_mark_read,
    guide_write,
    member_add,
    member_remove,
    project_create,
    project_move,
    protocol_resolve,
)
from tests.factories import ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db


def create(**changes: Any) -> Project:
    values: dict[str, Any] = {
        "slug": "chest", "name": "Chest", "target": "lung", "convention": "heart_out",
        "protocol": get_protocol("covid-qu"), "random_seed": 1, "actor": UserFactory(),
    }  # fmt: skip
    return project_create(**{**values, **changes})


def test_the_creator_becomes_admin_and_the_protocol_is_copied() -> None:
    person = UserFactory()
    project = create(actor=person, protocol=get_protocol("covid-qu", II={"batch_size": 40}))
    assert roles_of(person, project) == {Role.ADMIN}
    project.refresh_from_db()
    assert Protocol.from_json(project.protocol).stages[1].batch_size == 40  # type: ignore[attr-defined]
    assert AuditEvent.objects.get(action="project.create").actor == person


def test_a_protocol_as_json_is_checked_before_it_is_kept() -> None:
    data = get_protocol("covid-qu").to_json()
    data["training"]["image_size"] = 100
    with pytest.raises(ProtocolError, match="image_size"):
        create(protocol=data)
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": "heart"}, "target"),
        ({"convention": "infection"}, "convention"),
        ({"target": "infection"}, "convention"),
        ({"slug": "not a slug"}, "slug"),
        ({"name": "x" * 201}, "name"),
        ({"random_seed": -1}, "random_seed"),
    ],
)
def test_bad_input_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create(**changes)
    assert caught.value.field == field
    assert caught.value.remedy
    assert not Project.objects.exists()


def test_a_slug_is_taken_once() -> None:
    create()
    with pytest.raises(Conflict) as caught:
        create()
    assert caught.value.field == "slug"
    assert Project.objects.count() == 1


def test_infection_projects_get_no_lung_postprocessing_unless_asked() -> None:
    assert protocol_resolve(name="covid-qu").postprocess == "lung"
    assert protocol_resolve(name="covid-qu", target="infection").postprocess == "none"
    asked = protocol_resolve(name="covid-qu", target="infection", overrides={"postprocess": "lung"})
    assert asked.postprocess == "lung"


@pytest.mark.parametrize(
    "overrides",
    [{"V": {}}, {"II": {"batchsize": 4}}, {"II": 4}, {"training": {"image_size": "big"}}, {"II": {"batch_size": 0}}],
)
def test_an_override_that_cannot_be_is_refused_by_name(overrides: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol_resolve(name="covid-qu", overrides=overrides)
    assert caught.value.field


def test_an_override_of_networks_is_read_as_networks() -> None:
    networks = [{"architecture": "unet", "encoder": "resnet18"}]
    protocol = protocol_resolve(name="covid-qu", overrides={"I": {"networks": networks}})
    assert [network.name for network in protocol.stages[0].networks] == ["unet-resnet18"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoder", ["chexnet", "inceptionv3", "densenet121", "resnet50"])
@pytest.mark.parametrize("architecture", ["unet", "unetplusplus", "dla"])
def test_a_protocol_may_train_the_second_papers_networks_by_its_loss_and_augmentation(
    architecture: str, encoder: str
) -> None:
    training = {"loss": "focal_dice", "augmentation": "shift_rotate", "image_size": 224}
    networks = [{"architecture": architecture, "encoder": encoder}]
    protocol = protocol_resolve(name="covid-qu", overrides={"I": {"networks": networks}, "training": training})
    assert [network.name for network in protocol.stages[0].networks] == [f"{architecture}-{encoder}"]  # type: ignore[attr-defined]
    assert (protocol.training.loss, protocol.training.augmentation) == ("focal_dice", "shift_rotate")


@pytest.mark.parametrize(("old", "new"), list(itertools.product(ProjectState.values, ProjectState.values)))
def test_states_move_by_the_table_alone(old: str, new: str) -> None:
    project = ProjectFactory(state=old)
    if new in ALLOWED[old]:
        assert project_move(project, new).state == new
        assert AuditEvent.objects.get(action="project.move").detail == {"old": old, "new": new, "reason": ""}
    else:
        with pytest.raises(InvalidTransition):
            project_move(project, new)
        assert Project.objects.get(pk=project.pk).state == old
        assert not AuditEvent.objects.exists()


def test_a_stale_object_cannot_move_a_project_twice() -> None:
    project = ProjectFactory(state="running")
    stale = Project.objects.get(pk=project.pk)
    project_move(project, "finished")
    with pytest.raises(InvalidTransition):
        project_move(stale, "paused")


def test_only_admins_move_a_project() -> None:
    project = ProjectFactory()
    with pytest.raises(NotAllowed):
        project_move(project, "running", member(project, Role.RESEARCHER))
    assert project_move(project, "running", member(project, Role.ADMIN)).state == "running"


def test_a_role_given_twice_is_one_role() -> None:
    project = ProjectFactory()
    person, admin = UserFactory(), member(project, Role.ADMIN)
    first = member_add(project, user=person, role="annotator", actor=admin)
    assert member_add(project, user=person, role="annotator", actor=admin) == first
    assert AuditEvent.objects.filter(action="member.add").count() == 1
    with pytest.raises(InvalidInput, match="role"):
        member_add(project, user=person, role="king", actor=admin)


def test_the_last_admin_stays() -> None:
    project = ProjectFactory()
    admin = member(project, Role.ADMIN)
    with pytest.raises(Conflict, match="last admin"):
        member_remove(project, user=admin, role="admin", actor=admin)
    other = member(project, Role.ADMIN)
    member_remove(project, user=admin, role="admin", actor=other)
    assert list(Membership.objects.values_list("user", flat=True)) == [other.pk]


def test_an_admin_of_another_project_is_nobody_here() -> None:
    here, there = ProjectFactory(), ProjectFactory()
    stranger = member(there, Role.ADMIN)
    with pytest.raises(NotAllowed):
        member_add(here, user=stranger, role="admin", actor=stranger)
    with pytest.raises(NotAllowed):
        guide_write(here, text="draw", author=stranger)
    assert not Membership.objects.filter(project=here).exists()
    assert not DrawingGuide.objects.exists()


def test_a_guide_gets_a_version_for_each_new_text() -> None:
    project = ProjectFactory()
    admin = member(project, Role.ADMIN)
    versions = [guide_write(project, text=text, author=admin).version for text in ("a", "a ", "b", "a")]
    assert versions == [1, 1, 2, 3]
    with pytest.raises(InvalidInput):
        guide_write(project, text="  ", author=admin)


def test_a_guide_is_not_written_over_unseen_nor_is_the_same_text_a_conflict() -> None:
    project = ProjectFactory()
    one, other = member(project, Role.ADMIN), member(project, Role.ADMIN)
    assert guide_write(project, text="a", author=one, based_on=0).version == 1
    with pytest.raises(Conflict) as caught:
        guide_write(project, text="b", author=other, based_on=0)
    assert caught.value.field == "based_on"
    assert guide_write(project, text="a", author=other, based_on=0).version == 1
    assert guide_write(project, text="b", author=other, based_on=1).version == 2


def test_what_a_person_has_read_is_the_newest_version_that_came_before_their_eyes() -> None:
    project, other = ProjectFactory(), ProjectFactory()
    admin, reader = member(project, Role.ADMIN), member(project, Role.ANNOTATOR)
    for text in ("a", "b"):
        guide_write(project, text=text, author=admin)
    assert guide_read_version(project, reader) is None
    for version in (1, 2, 1, 2):
        guide_mark_read(project, version=version, user=reader)
    assert (guide_read_version(project, reader), guide_read_version(project, admin)) == (2, None)
    assert GuideReading.objects.count() == 2
    with pytest.raises(InvalidInput):
        guide_mark_read(other, version=1, user=reader)


def test_every_parameter_of_the_catalogue_is_told_with_its_default() -> None:
    (protocol,) = [p for p in protocols_describe() if p["name"] == "covid-qu"]
    parts = {part["name"]: {p["name"]: p for p in part["parameters"]} for part in protocol["parts"]}
    assert parts["II"]["batch_size"]["default"] == 500
    assert parts["II"]["total"]["default"] == 3000
    assert "excluded films are replaced" in parts["II"]["total"]["explanation"]
    assert parts["training"]["image_size"]["default"] == 256


def test_explanations_are_the_strings_below_the_fields() -> None:
    @dataclass
    class Stage:
        """Not this text."""

        told: int = 1
        """What it is for."""
        untold: int = 2

    assert field_texts(Stage) == {"told": "What it is for."}
