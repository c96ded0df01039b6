"""What goes into a version, and that it stays."""

from __future__ import annotations

import hashlib
import json
import uuid

import pytest

from annotation.common.errors import Conflict, InvalidInput, NotAllowed
from annotation.common.models import AppendOnlyError
from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.exports.services import dataset_freeze
from annotation.images.models import DuplicateLink, ImageState, ProjectImage
from annotation.masks.models import MaskKind
from annotation.projects.models import Convention, Project, Role
from annotation.rounds.models import RepositoryEntry
from tests.annotation.exports.world import acted, settled
from tests.factories import (
    ImageFactory,
    MaskFactory,
    PatientFactory,
    ProjectFactory,
    RepositoryEntryFactory,
    UserFactory,
    member,
    seed_film,
)


def item_of(version: DatasetVersion, film: ProjectImage) -> DatasetItem:
    return DatasetItem.objects.get(version=version, image=film.image)


def test_seeds_stay_out_unless_asked_for(lung: Project) -> None:
    assert dataset_freeze(projects=[lung], actor=None).items.count() == 3
    assert dataset_freeze(projects=[lung], actor=None, include_seeds=True).items.count() == 4


def test_excluded_films_and_superseded_masks_stay_out(lung: Project) -> None:
    gone = ProjectImage.objects.filter(project=lung, role="pool").first()
    assert gone is not None
    gone.state, gone.exclusion_reason = ImageState.EXCLUDED, "lateral"
    gone.save()
    old = settled(lung)
    RepositoryEntry.objects.filter(project_image=old).update(superseded_at="2026-01-01T00:00:00Z")
    new = MaskFactory(project=lung, image=old.image, kind=MaskKind.CORRECTION)
    RepositoryEntryFactory(project_image=old, mask=new, provenance="corrected", version=2)

    version = dataset_freeze(projects=[lung], actor=None)

    assert not version.items.filter(image=gone.image).exists()
    assert item_of(version, old).mask_id == new.pk
    assert item_of(version, old).row["mask_version"] == 2


def test_a_mask_names_its_network_and_its_parents(lung: Project) -> None:
    film = settled(lung)
    entry = RepositoryEntry.objects.select_related("mask__model_version").get(project_image=film)
    parent = MaskFactory(project=lung, image=film.image)
    entry.mask.parents.add(parent)

    row = item_of(dataset_freeze(projects=[lung], actor=None), film).row

    assert row["network"] == "unet-resnet18"
    assert row["network_id"] == str(entry.mask.model_version_id)
    assert row["parents"] == [str(parent.pk)]
    assert row["mask_sha256"] == entry.mask.sha256


def test_reviewers_stand_in_order_of_their_acts_and_all_their_seconds_count(lung: Project) -> None:
    film = settled(lung)
    first, second, late = UserFactory(), UserFactory(), UserFactory()
    acted(film, first, 4.0)
    acted(film, second, 2.5)
    acted(film, first, 1.0)
    acted(film, late, 3.0, counts=False)
    acted(film, late, 50.0, is_probe=True)

    item = item_of(dataset_freeze(projects=[lung], actor=None), film)

    assert item.reviewers == [first.pseudonym, second.pseudonym]
    assert item.active_seconds == pytest.approx(10.5)


def test_a_withdrawn_act_names_nobody_but_its_seconds_were_spent(lung: Project) -> None:
    film = settled(lung)
    person = UserFactory()
    verdict = acted(film, person, 4.0)
    type(verdict).objects.create(
        task=verdict.task, actor=person, idempotency_key="undo", request_digest="1" * 64, decision="withdrawn",
        active_seconds=0.5, sequence=1, supersedes=verdict,
    )  # fmt: skip

    item = item_of(dataset_freeze(projects=[lung], actor=None), film)

    assert item.reviewers == []
    assert item.active_seconds == pytest.approx(4.5)


def test_joined_projects_give_a_patient_the_stricter_split(lung: Project, infection: Project) -> None:
    tested, validated = settled(lung, split="test"), settled(lung, split="validation")
    settled(infection, image=tested.image, split="validation")
    settled(infection, image=validated.image)
    elsewhere = settled(infection, image=ImageFactory(patient=validated.image.patient))

    version = dataset_freeze(projects=[lung, infection], actor=None)

    assert set(version.items.filter(image=tested.image).values_list("split", flat=True)) == {"test"}
    assert set(version.items.filter(image=validated.image).values_list("split", flat=True)) == {"validation"}
    assert item_of(version, elsewhere).split == "validation"


def test_a_seed_that_validates_keeps_its_patient_out_of_training_though_it_is_not_exported(lung: Project) -> None:
    patient = PatientFactory()
    seed = seed_film(lung, patient=patient)
    seed.split = "validation"
    seed.save()
    film = settled(lung, image=ImageFactory(patient=patient))

    assert item_of(dataset_freeze(projects=[lung], actor=None), film).split == "validation"


def test_patients_of_one_split_group_share_a_split(lung: Project) -> None:
    group = uuid.uuid4()
    tested = settled(lung, image=ImageFactory(patient=PatientFactory(split_group=group)), split="test")
    twin = settled(lung, image=ImageFactory(patient=PatientFactory(split_group=group)))

    version = dataset_freeze(projects=[lung], actor=None)

    assert item_of(version, tested).split == item_of(version, twin).split == "test"


def test_near_duplicates_in_different_splits_are_refused_by_name(lung: Project) -> None:
    tested, trained = settled(lung, split="test"), settled(lung)
    DuplicateLink.objects.create(first=tested.image, second=trained.image, hamming=2, correlation=0.99)

    with pytest.raises(Conflict) as caught:
        dataset_freeze(projects=[lung], actor=None)

    assert str(tested.image_id) in str(caught.value.value)
    assert str(trained.image_id) in str(caught.value.value)
    assert not DatasetVersion.objects.exists()
    assert not DatasetItem.objects.exists()


def test_a_group_held_for_test_and_for_validation_is_refused(lung: Project) -> None:
    patient = PatientFactory()
    settled(lung, image=ImageFactory(patient=patient), split="test")
    settled(lung, image=ImageFactory(patient=patient), split="validation")

    with pytest.raises(Conflict, match="both test and validation"):
        dataset_freeze(projects=[lung], actor=None)


def test_two_projects_of_one_target_do_not_join(lung: Project) -> None:
    other = ProjectFactory(convention=Convention.HEART_IN)

    with pytest.raises(InvalidInput, match="both draw the target lung"):
        dataset_freeze(projects=[lung, other], actor=None)
    with pytest.raises(InvalidInput):
        dataset_freeze(projects=[lung, lung], actor=None)
    with pytest.raises(InvalidInput):
        dataset_freeze(projects=[], actor=None)


def test_nothing_settled_is_said_instead_of_an_empty_version(infection: Project) -> None:
    with pytest.raises(InvalidInput, match="no film has a mask"):
        dataset_freeze(projects=[infection], actor=None)


def test_a_probe_never_leaves_the_house(lung: Project) -> None:
    film = settled(lung)
    probe = MaskFactory(project=lung, image=film.image, kind=MaskKind.PROBE)
    RepositoryEntry.objects.filter(project_image=film).update(mask=probe)

    with pytest.raises(Conflict, match="probe"):
        dataset_freeze(projects=[lung], actor=None)


def test_a_mask_of_another_size_is_refused(lung: Project) -> None:
    film = settled(lung)
    RepositoryEntry.objects.filter(project_image=film).update(mask=MaskFactory(project=lung, width=10, height=10))

    with pytest.raises(Conflict, match="10x10"):
        dataset_freeze(projects=[lung], actor=None)


def test_numbers_count_up_and_unchanged_content_is_reused_on_request(lung: Project) -> None:
    first = dataset_freeze(projects=[lung], actor=None)
    assert dataset_freeze(projects=[lung], actor=None, reuse=True).pk == first.pk
    assert dataset_freeze(projects=[lung], actor=None).number == 2
    settled(lung)
    third = dataset_freeze(projects=[lung], actor=None, reuse=True)
    assert third.number == 3
    assert third.content_sha256 != first.content_sha256
    assert DatasetItem.objects.filter(version=first).count() == 3


def test_a_frozen_version_cannot_be_changed(lung: Project) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    version.note = "other"
    with pytest.raises(AppendOnlyError):
        version.save()
    with pytest.raises(AppendOnlyError):
        version.items.update(split="test")


def test_annotators_do_not_freeze_and_leave_nothing_behind(lung: Project) -> None:
    with pytest.raises(NotAllowed):
        dataset_freeze(projects=[lung], actor=member(lung, Role.ANNOTATOR, Role.PHYSICIAN))
    assert not DatasetVersion.objects.exists()


def test_joining_needs_the_right_to_every_project(lung: Project, infection: Project) -> None:
    with pytest.raises(NotAllowed):
        dataset_freeze(projects=[lung, infection], actor=member(lung, Role.RESEARCHER))


def test_the_summary_counts_films_once_and_masks_by_target(lung: Project, infection: Project) -> None:
    both = settled(lung, split="test")
    settled(infection, image=both.image)
    settled(infection)

    summary = dataset_freeze(projects=[lung, infection], actor=None).summary

    assert (summary["films"], summary["masks"]) == (5, 6)
    assert summary["targets"]["lung"]["masks"] == 4
    assert summary["targets"]["infection"]["masks_by_provenance"] == {"accepted": 2}
    assert summary["films_by"]["split"] == {"test": 1, "train": 4}
    assert summary["patients"] == {"test": 1, "train": 4}


def test_the_content_hash_is_over_the_masks_as_they_are_and_not_over_their_history(lung: Project) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    names = ("target", "split", "provenance", "verified", "reviewers", "active_seconds", "row")
    lines: list[object] = [{"projects": version.projects, "include_seeds": False}]
    for item in version.items.order_by("image_id"):
        ids = {"project_id": item.project_id, "image_id": item.image_id, "mask_id": item.mask_id}
        lines.append({name: str(value) for name, value in ids.items()} | {name: getattr(item, name) for name in names})
        assert item.labels is not None
    text = "".join(json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for one in lines)
    assert version.content_sha256 == hashlib.sha256(text.encode()).hexdigest()
