"""A patient is taken out: what goes, what stays, and who may do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.common.blobs import blobs
from annotation.common.errors import Gone, InvalidInput, Missing
from annotation.common.models import AuditEvent, KeptAnswer
from annotation.exports.models import DatasetVersion
from annotation.images.models import (
    Image,
    ImageRole,
    ImageSplit,
    ImageState,
    Patient,
    ProjectImage,
    Withdrawal,
)
from annotation.jobs.models import Job, JobStatus
from annotation.masks.models import Mask, ModelVersion
from annotation.masks.services.manifest_import import manifest_import
from annotation.privacy.services import patient_withdraw
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, TaskState, Verdict
from annotation.reviews.services import act_withdraw, tasks_next
from annotation.rounds.engine import advance, handle_job
from annotation.rounds.models import RepositoryEntry
from tests.annotation.privacy.test_nothing_names_a_patient import read_all
from tests.annotation.privacy.world import NeedleWorld, patient_id, tells
from tests.annotation.reviews.test_two_corrections import correct, rejected
from tests.annotation.reviews.world import World, new_key, verdict

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]


def withdraw(patient: Patient, **options: Any) -> Withdrawal:
    """Typed twice, as it must be."""
    name = patient.identifier
    return patient_withdraw(**{"identifier": name, "confirmation": name, "actor": None, **options})


def holders(words: list[str]) -> list[str]:
    """Keys of files, whose name or content hold one of the words."""
    storage = blobs()
    return [key for key in storage.list("") if any(word in key or word.encode() in storage.read(key) for word in words)]


@pytest.fixture
def world(db: None) -> World:
    """A running project with an open batch."""
    return World()


class TestBeforeTheStart:
    """While a project is set up nothing points to a film yet."""

    def test_rows_and_files_go_without_a_trace_of_the_name(self, needles: NeedleWorld) -> None:
        patient = needles.patient(0)
        films = list(Image.objects.filter(patient=patient))
        masks = list(Mask.objects.filter(image__in=films))
        keys = [film.original_key for film in films] + [mask.storage_key for mask in masks]
        assert (len(films), len(masks)) == (2, 2)
        assert all(blobs().exists(key) for key in keys)
        ids = [str(film.pk) for film in films]

        done = withdraw(patient)

        assert not Patient.objects.filter(pk=patient.pk).exists()
        assert not Image.objects.filter(pk__in=ids).exists()
        assert not ProjectImage.objects.filter(image__in=ids).exists()
        assert not Mask.objects.filter(pk__in=[mask.pk for mask in masks]).exists()
        assert not [key for key in holders([patient_id(0), *ids]) if not key.startswith("withdrawals/")]
        assert not any(blobs().exists(key) for key in keys)
        assert (done.counts["films"], done.counts["masks"]) == (2, 2)

    def test_nothing_that_the_withdrawal_keeps_names_the_patient(self, needles: NeedleWorld) -> None:
        done = withdraw(needles.patient(0), actor=needles.people[Role.ADMIN], reason="asked for it")
        assert not tells([getattr(done, field.name) for field in done._meta.concrete_fields])
        assert not tells(blobs().read(f"withdrawals/{done.pk}.json"))
        event = AuditEvent.objects.get(action="patient.withdraw")
        assert event.detail["patient"] == done.pseudonyms[0]
        assert not tells(event.detail)

    def test_asked_twice_it_is_done_once(self, needles: NeedleWorld) -> None:
        patient = needles.patient(0)
        first, second = withdraw(patient), withdraw(patient)
        assert first.pk == second.pk
        assert AuditEvent.objects.filter(action="patient.withdraw").count() == 1

    def test_the_patient_is_not_imported_again_under_the_number_or_the_pseudonym_or_none(
        self, needles: NeedleWorld, tmp_path: Path
    ) -> None:
        folder = needles.root / ImageRole.SEED
        patient = needles.patient(0)
        film = Image.objects.filter(patient=patient).order_by("created_at")[0].file_name
        done = withdraw(patient)
        names = [patient_id(0), done.pseudonyms[0], ""]
        rows = "".join(f"{film},{name}\n" for name in names)
        (folder / "again.csv").write_text(f"image,patient_id\n{rows}", encoding="utf-8")
        before = Image.objects.count()

        report = manifest_import(project=needles.project, manifest=folder / "again.csv", role=ImageRole.POOL)

        assert [line.message for line in report.errors] == [
            "this film's patient was withdrawn and is not taken in again"
        ] * 3
        assert Image.objects.count() == before
        assert not tells([line.value for line in report.errors])

    def test_kept_answers_that_name_the_patient_go(self, needles: NeedleWorld) -> None:
        for key, body in (("one", f'{{"value": "{patient_id(0)}"}}'), ("other", "{}")):
            KeptAnswer.objects.create(caller="1", key=key, request_digest="0" * 64, status=200, body=body)
        withdraw(needles.patient(0))
        assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["other"]

    @pytest.mark.parametrize(
        ("identifier", "confirmation", "error"),
        [(None, "MRN", InvalidInput), ("", "", InvalidInput), ("nobody", "nobody", Missing)],
    )
    def test_nothing_goes_unless_the_identifier_is_typed_twice(
        self, needles: NeedleWorld, identifier: str | None, confirmation: str, error: type[Exception]
    ) -> None:
        name = patient_id(0) if identifier is None else identifier
        with pytest.raises(error):
            patient_withdraw(identifier=name, confirmation=confirmation, actor=None)
        assert Image.objects.count() == 16
        assert not Withdrawal.objects.exists()


class TestInTheMiddleOfARound:
    """A batch is being reviewed."""

    def test_acts_stay_and_the_film_that_they_are_about_is_empty(self, needles: NeedleWorld) -> None:
        needles.start()
        needles.accept_all()
        act = Verdict.objects.order_by("created_at")[0]
        film = act.task.project_image.image
        mask = act.task.proposal
        assert mask is not None
        shown = [film.rendition_key, film.original_key, mask.storage_key]

        withdraw(film.patient)

        act.refresh_from_db()
        film.refresh_from_db()
        mask.refresh_from_db()
        assert act.decision == "accept"
        assert film.withdrawn_at is not None
        assert (film.file_name, film.metadata, film.label, film.features, film.rendition_key) == ("", {}, "", [], "")
        assert (mask.storage_key, mask.sha256, mask.foreground_pixels) == ("", "", 0)
        assert mask.model_version is not None, "who drew it stays"
        assert film.patient.identifier == f"withdrawn:{film.patient_id}"
        assert not any(blobs().exists(key) for key in shown)
        assert not RepositoryEntry.objects.filter(project_image__image=film, superseded_at=None).exists()

    def test_a_batch_takes_another_film_in_its_place_and_the_project_ends_with_right_counts(
        self, needles: NeedleWorld
    ) -> None:
        first = needles.start()
        gone = first.films.order_by("order")[0].project_image
        others = Image.objects.filter(patient=gone.image.patient).count()
        withdraw(gone.image.patient)
        for _ in range(6):
            needles.walk()
            if not needles.accept_all():
                break
        first.refresh_from_db()
        gone.refresh_from_db()
        assert first.state == "closed"
        settled_films = first.films.filter(project_image__state=ImageState.SETTLED).count()
        assert settled_films == 2, "the batch asks for two, whoever was taken out"
        assert (gone.state, gone.exclusion_reason, gone.split) == (ImageState.EXCLUDED, "withdrawn", "")
        assert ReviewTask.objects.get(project_image=gone).state == TaskState.CANCELLED
        alive = ProjectImage.objects.filter(project=needles.project, image__withdrawn_at=None)
        assert alive.count() == 16 - others

    def test_seeds_leave_the_validation_pool_and_the_next_training(self, needles: NeedleWorld) -> None:
        needles.start()
        validation = ProjectImage.objects.filter(project=needles.project, split=ImageSplit.VALIDATION)
        training = ProjectImage.objects.filter(project=needles.project, role=ImageRole.SEED, split="")
        film = training[0]
        patient = film.image.patient
        model = ModelVersion.objects.filter(purpose="initial")[0]
        before = validation.count()
        withdraw(patient)
        assert validation.count() == before
        model.refresh_from_db()
        assert str(film.image_id) in model.withdrawn_films, "a network that learnt from it says so"
        needles.accept_all()
        needles.walk()
        trained = Job.objects.filter(kind="train").order_by("-created_at")[0]
        assert str(film.image_id) not in {sample["sample_id"] for sample in trained.request["samples"]}
        assert ModelVersion.objects.get(job=trained).withdrawn_films == []

    def test_a_job_on_its_way_is_asked_again_without_the_films(self, needles: NeedleWorld) -> None:
        needles.start()
        needles.accept_all()
        while not Job.objects.filter(status__in=["created", "queued"]).exists():
            assert advance(needles.project.pk)
        running = Job.objects.get(status__in=["created", "queued"], kind="train")
        named = [sample["sample_id"] for sample in running.request["samples"] if sample["split"] == "train"]
        blobs().write(f"jobs/{running.pk}/attempt-001/checkpoint.safetensors", b"has seen the film")
        film = Image.objects.get(pk=named[0])

        done = withdraw(film.patient)

        running.refresh_from_db()
        assert running.status == JobStatus.CANCELLED
        assert not blobs().exists(f"jobs/{running.pk}/attempt-001/checkpoint.safetensors")
        (other,) = Job.objects.filter(status__in=["created", "queued"])
        asked = {sample["sample_id"] for sample in other.request["samples"]}
        assert asked == {sample["sample_id"] for sample in running.request["samples"]} - set(done.films)
        needles.walk()
        other.refresh_from_db()
        assert other.status == JobStatus.SUCCEEDED
        assert needles.project.rounds.filter(state="failed").count() == 0

    def test_masks_that_a_worker_drew_before_it_heard_are_not_recorded(self, needles: NeedleWorld) -> None:
        needles.start()
        needles.accept_all()
        needles.walk()
        job = Job.objects.filter(kind="predict", status="succeeded").order_by("-created_at")[0]
        films = [one["image_id"] for one in job.request["images"]]
        withdraw(Image.objects.get(pk=films[0]).patient)
        handle_job(Job.objects.get(pk=job.pk))
        assert not Mask.objects.filter(image=films[0], job=job).exclude(storage_key="").exists()

    def test_work_on_the_film_that_comes_too_late_is_refused_and_kept_nowhere(self, world: World) -> None:
        (task,) = world.verdicts()
        world.lease(world.annotator)
        withdraw(task.project_image.image.patient)
        with pytest.raises(Gone, match="withdrawn"):
            verdict(world.annotator, task, "accept")
        assert not Verdict.objects.exists()
        assert tasks_next(user=world.annotator, project=world.project, count=1) == []

    def test_figures_of_people_stay_and_drawings_that_are_gone_are_not_compared(
        self, world: World, api_as: Sign
    ) -> None:
        one, other = rejected(world)
        correct(world.annotators[1], one, 10)
        correct(world.annotator, other, 11)
        (probe,) = world.probes()
        verdict(world.annotator, probe, "accept")
        client = api_as(world.researcher)
        address = f"/api/projects/{world.project.slug}"
        before = client.get(f"{address}/figures").json()
        for task in (one, probe):
            withdraw(task.project_image.image.patient)
        after = client.get(f"{address}/figures")
        agreement = client.get(f"{address}/agreement")
        assert (after.status_code, agreement.status_code) == (200, 200)
        assert after.json()["effort"] == before["effort"], "a person spent the seconds"
        proposal = Mask.objects.get(pk=probe.proposal_id)
        assert (proposal.storage_key, "broken" in proposal.note) == ("", True)

    def test_every_address_answers_after_a_withdrawal(
        self, needles: NeedleWorld, dataset: DatasetVersion, api_as: Sign
    ) -> None:
        for number in (0, 8):
            withdraw(needles.patient(number))
        drawn = Verdict.objects.order_by("created_at")[0].task.project_image.image.patient
        if not drawn.identifier.startswith("withdrawn:"):
            withdraw(drawn)
        for role in (Role.ADMIN, Role.RESEARCHER):
            answers = read_all(api_as(needles.people[role]), needles)
            assert not [address for address in answers if address.startswith("5")]
            assert any(address.startswith("410") for address in answers)
        for key in blobs().list(""):
            assert patient_id(0).encode() not in blobs().read(key), key

    def test_an_undo_does_not_bring_the_film_back(self, world: World) -> None:
        task, _ = world.verdicts(2)
        world.lease(world.annotator, count=2)
        verdict(world.annotator, task, "accept")
        withdraw(task.project_image.image.patient)
        with pytest.raises(Gone):
            act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
        task.refresh_from_db()
        assert task.state == TaskState.DONE
