"""Taking a patient out: rows first, in one transaction, then jobs and files (``finish``)."""

from __future__ import annotations

import logging
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput
from annotation.common.models import KeptAnswer
from annotation.images.models import Image, Patient, ProjectImage, Withdrawal
from annotation.images.pseudonyms import pseudonyms
from annotation.images.selectors import display_key
from annotation.images.services.book import books_lock
from annotation.images.thumbnails import thumbnail_key
from annotation.images.withdrawn import film_hash, identifier_hash, withdrawal_of
from annotation.masks.models import FilmImportItem, Mask
from annotation.masks.outlines import outline_key
from annotation.privacy.services.finish import withdrawal_finish
from annotation.privacy.services.plan import patient_find, plan_of, projects_of, require_withdraw, unknown_patient
from annotation.privacy.services.reports import reports_scrub
from annotation.privacy.services.tombstones import image_clear, mask_clear, patient_clear, place_clear
from annotation.projects.models import Project, current_pseudonym_key
from annotation.rounds.wiring import advance_soon

_log = logging.getLogger(__name__)

LONGEST_REASON = 200


def patient_withdraw(
    *, identifier: str, confirmation: str, actor: User | None, reason: str = "", project: Project | None = None
) -> Withdrawal:
    """Take a patient out of the installation; asked again, it is the same withdrawal, and what was left is finished.

    ``identifier`` is the patient's own or a pseudonym, ``confirmation`` the same typed again. Films, masks and files
    go; acts of people stay, of a film without picture, name or number. Raises InvalidInput, Missing, or NotAllowed
    where the actor does not administer every project that holds the patient; nothing is changed then.
    """
    _check(identifier, confirmation, reason)
    patient = patient_find(identifier)
    if patient is None:
        return _again(identifier, actor, project)
    films = list(Image.objects.filter(patient=patient).values_list("pk", flat=True))
    require_withdraw(actor, projects_of(films), project)
    # Before the rows: names of files are known only as long as the rows have them. Repeated, it does no harm.
    reports_scrub(patient)
    withdrawal = _rows(patient, actor, project, reason.strip())
    return _finish(withdrawal) if withdrawal else _again(identifier, actor, project)


def _finish(withdrawal: Withdrawal) -> Withdrawal:
    try:
        return withdrawal_finish(withdrawal.pk)
    except Exception:
        # The patient is out already; whatever stands in the way of the files, the sweep comes back to them.
        _log.exception("withdrawal %s: jobs and files are left to the sweep", withdrawal.pk)
    withdrawal.refresh_from_db()
    return withdrawal


def _check(identifier: str, confirmation: str, reason: str) -> None:
    if not identifier:
        raise InvalidInput("no patient is named", field="identifier", remedy="write the identifier or the pseudonym")
    if confirmation != identifier:
        raise InvalidInput(
            "what was typed again is not the same", field="confirmation", remedy="type the identifier once more"
        )
    if len(reason.strip()) > LONGEST_REASON:
        raise InvalidInput(
            f"the reason has {len(reason.strip())} characters", field="reason", remedy=f"use at most {LONGEST_REASON}"
        )


def _again(identifier: str, actor: User | None, project: Project | None) -> Withdrawal:
    found = withdrawal_of(identifier)
    if found is None:
        raise unknown_patient()
    require_withdraw(actor, list(Project.objects.filter(pk__in=found.projects).order_by("pk")), project)
    return _finish(found)


@transaction.atomic
def _rows(asked: Patient, actor: User | None, project: Project | None, reason: str) -> Withdrawal | None:
    """None where somebody else has withdrawn the patient in the meantime."""
    # An import writes films under the same lock, the engine moves and versions are frozen under the projects' locks.
    books_lock()
    if not Patient.objects.filter(pk=asked.pk, identifier=asked.identifier).exists():
        return None
    films = list(Image.objects.filter(patient=asked).order_by("pk").values_list("pk", flat=True))
    projects = projects_of(films)
    require_withdraw(actor, projects, project)
    locked = [p.pk for p in projects]
    list(Project.objects.select_for_update(no_key=True).filter(pk__in=locked).order_by("pk"))
    patient = Patient.objects.select_for_update(no_key=True).get(pk=asked.pk)
    # Acts lock a film's place first, and its row by the masks that they bring: nobody waits in a circle.
    places = list(ProjectImage.objects.select_for_update(no_key=True).filter(image__in=films).order_by("pk"))
    images = list(Image.objects.select_for_update(no_key=True).filter(pk__in=films).order_by("pk"))
    plan = plan_of(patient)
    key_id = current_pseudonym_key()
    withdrawal = Withdrawal(
        patient_id=patient.pk,
        key_id=key_id,
        identifier_hash=identifier_hash(patient.identifier, key_id),
        pseudonyms=pseudonyms(patient.identifier),
        film_hashes=[film_hash(image.pixel_sha256, key_id) for image in images],
        films=[str(image.pk) for image in images],
        projects=[str(pk) for pk in locked],
        files=_files(images),
        counts={
            **plan.counts, "versions": len(plan.versions), "models": len(plan.models),
            "benchmarks": len(plan.benchmarks),
        },
        reason=reason,
        actor=actor,
    )  # fmt: skip
    answers = Q()
    for word in {patient.identifier, *(image.file_name for image in images), *(str(image.pk) for image in images)}:
        answers |= Q(body__contains=word) if word else Q()
    KeptAnswer.objects.filter(answers).delete()
    for place in places:
        place_clear(place)
    FilmImportItem.objects.filter(image__in=films).delete()
    for mask in Mask.objects.filter(image__in=films).order_by("-created_at"):
        try:
            mask.delete()
        except ProtectedError:
            mask_clear(mask)
    for place in places:
        try:
            place.delete()
        except ProtectedError:
            continue
    now = timezone.now()
    for image in images:
        image_clear(image, now)
    patient_clear(patient)
    withdrawal.save(force_insert=True)
    audit_record(
        "patient.withdraw", withdrawal, actor=actor, patient=withdrawal.pseudonyms[0], reason=reason,
        projects=withdrawal.projects, films=withdrawal.films, counts=withdrawal.counts,
    )  # fmt: skip
    for pk in locked:
        transaction.on_commit(partial(_wake, pk), robust=True)
    return withdrawal


def _wake(project_id: UUID) -> None:
    with transaction.atomic():
        advance_soon(project_id)


def _files(images: list[Image]) -> list[str]:
    keys: list[str] = []
    for image in images:
        keys += [image.original_key, image.rendition_key, thumbnail_key(image.pk), display_key(image.pk)]
    masks = Mask.objects.filter(image__in=[image.pk for image in images]).order_by("pk")
    for pk, key in masks.values_list("pk", "storage_key"):
        keys += [key, outline_key(pk)]
    return [key for key in keys if key]
