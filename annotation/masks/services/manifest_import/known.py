"""What a row says of a film that is there already, beside what is stored of it."""

from __future__ import annotations

from uuid import UUID

from annotation.images.models import Image
from annotation.images.pseudonyms import pseudonyms
from annotation.masks.services.manifest_import.prepare import Prepared

ASK = "if the new {name} is right, ask whoever runs this installation to change it under Administration"


def warn_no_patient(row: Prepared) -> None:
    """The film's patient is assumed."""
    row.warn(
        "patient_id", "", "no patient id: the film counts as a patient of its own",
        "fill in patient_id, so that one person's films are never split",
    )  # fmt: skip


def warn_near(row: Prepared, called: str, correlation: float, other: UUID) -> None:
    """The film is a copy of the other, called ``called``; ``correlation`` -1..1 of their registered pixels."""
    row.warn(
        "image", row.row.image, f"near duplicate of {called} (pixel correlation {correlation:.3f}): the two are split "
        "as one patient", "nothing, or remove one", other=str(other),
    )  # fmt: skip


def warn_exact(row: Prepared, image: Image, called: str) -> None:
    """The film came by another file; no word where this very row was imported before."""
    assert row.analysis is not None
    if image.file_name != row.row.image[-255:] or image.sha256 != row.analysis.sha256:
        row.warn(
            "image", row.row.image, f"exact duplicate of {called}: the film is linked, not added; "
            "its mask is kept beside the first where the two differ", "nothing, or remove one", other=str(image.pk),
        )  # fmt: skip


def warn_changed(row: Prepared, image: Image) -> None:
    """One line for each word about the film that is another than before: the first import's stays."""
    for name, now, before in (
        ("label", row.row.label, image.label),
        ("view", row.view, image.view),
        ("source", row.row.source, image.source.name),
    ):
        if now and now != before:
            where = "nothing: the first source counts" if name == "source" else ASK.format(name=name)
            row.warn(
                name, now, f"the film was imported before with the {name} {before or '(empty)'!r}, which stays", where
            )


def other_patient(row: Prepared, image: Image) -> str:
    """The row's patient id where it names another person than the film's; empty otherwise.

    A dataset exported here names patients by their pseudonym, which is the same person.
    """
    assert row.analysis is not None
    named = row.row.patient_id or row.analysis.film.patient_id[:200]
    if not named or named in (image.patient.identifier, str(image.patient.pk), *pseudonyms(image.patient.identifier)):
        return ""
    row.warn(
        "patient_id", named, "the same film came with another patient id before; the two are split as one patient",
        "check which id is right",
    )  # fmt: skip
    return named
