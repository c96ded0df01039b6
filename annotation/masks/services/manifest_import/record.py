"""Prepared rows into the database, a chunk at a time, all or nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from annotation.common.blobs import blobs
from annotation.images.hashing import hash_to_hex
from annotation.images.models import (
    DuplicateLink,
    Image,
    ImageRole,
    ImageSignature,
    ImageState,
    Patient,
    ProjectImage,
    Source,
)
from annotation.images.services import FilmBook, patients_link
from annotation.images.services.book import books_lock
from annotation.images.withdrawn import WithdrawnPatients
from annotation.masks.models import FilmImport, FilmImportItem, Mask, MaskKind
from annotation.masks.services.manifest_import.known import (
    other_patient,
    warn_changed,
    warn_exact,
    warn_near,
    warn_no_patient,
)
from annotation.masks.services.manifest_import.prepare import Prepared
from annotation.masks.services.manifest_import.report import ERROR, ImportReport, Problem
from annotation.masks.services.store import mask_build

ELSEWHERE = "a film of another project"
BATCH = 100


@dataclass
class Rows:
    """Database rows of one chunk, in the order in which they must be written."""

    patients: list[Patient] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    signatures: list[ImageSignature] = field(default_factory=list)
    links: list[DuplicateLink] = field(default_factory=list)
    members: list[ProjectImage] = field(default_factory=list)
    masks: list[Mask] = field(default_factory=list)

    def write(self) -> None:
        """Insert all of them."""
        tables: list[list[Any]] = [
            self.patients, self.images, self.signatures, self.links, self.members, self.masks,
        ]  # fmt: skip
        for rows in filter(None, tables):
            type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)


class ChunkRecorder:
    """Writes the rows of one chunk. One is made for each try, so that a failed try leaves nothing behind in memory."""

    def __init__(self, film_import: FilmImport, book: FilmBook) -> None:
        self.film_import, self.book = film_import, book
        self.project, self.role, self.actor = film_import.project, film_import.role, film_import.actor
        self.rows = Rows()
        self.joins: list[tuple[Patient, Patient, str]] = []
        self.images: dict[uuid.UUID, Image] = {}
        self.patients: dict[str, Patient] = {}
        self.sources: dict[str, Source] = {}
        self.links: dict[uuid.UUID, list[DuplicateLink]] = {}
        self.members: dict[uuid.UUID, ProjectImage] = {}
        self.seed_masks: dict[uuid.UUID, set[str]] = {}
        self.waste: list[str] = []
        self.withdrawn: WithdrawnPatients

    def record(self, chunk: list[Prepared], report: ImportReport) -> None:
        """Write a chunk and count it in ``report``; called in no transaction."""
        fine = [row for row in chunk if row.analysis is not None]
        with transaction.atomic():
            books_lock()
            self.book.refresh()
            self._load(fine)
            counts = [self._row(row) for row in fine]
            self.rows.write()
            self._remember()
            for first, second, reason in self.joins:
                patients_link(first=first, second=second, reason=reason, actor=self.actor)
        # Files go after the rows that made them needless: were it the other way round, a crash could lose a mask.
        for key in self.waste:
            blobs().delete(key)
        for row in chunk:
            report.problems.extend(row.problems)
        report.rows += len(chunk)
        report.refused += len(chunk) - len(fine) + counts.count("refused")
        for name in ("added", "linked", "unchanged"):
            setattr(report, name, getattr(report, name) + counts.count(name))
        report.masks += len(self.rows.masks)
        report.near_duplicates += len(self.rows.links)

    def _remember(self) -> None:
        """What this import brought, in the same transaction."""
        items = [
            FilmImportItem(film_import=self.film_import, image_id=m.image_id, is_film=True) for m in self.rows.members
        ]
        items += [FilmImportItem(film_import=self.film_import, image_id=m.image_id, mask=m) for m in self.rows.masks]
        FilmImportItem.objects.bulk_create(items, batch_size=BATCH)

    def _load(self, fine: list[Prepared]) -> None:
        """All that the chunk's rows may meet in the database, in a handful of queries."""
        self.withdrawn = WithdrawnPatients()
        self.book.look_up([row.analysis for row in fine if row.analysis])
        known = {found for row in fine if row.analysis and (found := self.book.exact(row.analysis))}
        for image in Image.objects.filter(pk__in=known).select_related("patient", "source"):
            self.images[image.pk] = image
        for link in DuplicateLink.objects.filter(second__in=known).select_related("first"):
            self.links.setdefault(link.second_id, []).append(link)
        self.members = {m.image_id: m for m in ProjectImage.objects.filter(project=self.project, image_id__in=known)}
        for image_id, sha256 in Mask.objects.filter(
            project=self.project, image_id__in=known, kind=MaskKind.SEED
        ).values_list("image_id", "sha256"):
            self.seed_masks.setdefault(image_id, set()).add(sha256)
        names = {row.patient_name for row in fine}
        self.patients = {p.identifier: p for p in Patient.objects.filter(identifier__in=names)}
        self.sources = {s.name: s for s in Source.objects.filter(name__in={row.source_name for row in fine})}

    def _row(self, row: Prepared) -> str:
        assert row.analysis is not None
        if self.withdrawn.patient(row.patient_name) or self.withdrawn.film(row.analysis.pixel_sha256):
            return self._refuse_withdrawn(row)
        found = self.book.exact(row.analysis)
        if found is None:
            image = self._new_film(row)
            self._join(row, image)
            return "added"
        known = self._film(found)
        assert known is not None, "the book was read under the lock that withdrawals take"
        image = known
        if not self._may_join(row, image):
            return "refused"
        self._tell(row, image)
        return "linked" if self._join(row, image) else "unchanged"

    def _refuse_withdrawn(self, row: Prepared) -> str:
        """Names nobody: reports are kept."""
        self.waste += [*(row.stored.keys if row.stored else []), *([row.mask_key] if row.mask_key else [])]
        row.problems[:] = [
            Problem(
                ERROR, row.row.number, "patient_id", "", "this film's patient was withdrawn and is not taken in again",
                "remove the row",
            )
        ]  # fmt: skip
        return "refused"

    def _new_film(self, row: Prepared) -> Image:
        analysis = row.analysis
        assert analysis is not None
        stored = row.stored
        if stored is None:
            raise RuntimeError(f"row {row.row.number}: the film is new but was not stored")
        film = analysis.film
        image = Image(
            id=stored.image_id,
            patient=self._patient(row),
            source=self._source(row),
            label=row.row.label,
            view=row.view,
            sha256=analysis.sha256,
            pixel_sha256=analysis.pixel_sha256,
            perceptual_hash=hash_to_hex(analysis.perceptual_hash),
            original_key=stored.original_key,
            rendition_key=stored.rendition_key,
            file_name=row.row.image[-255:],
            width=film.width,
            height=film.height,
            bits=film.bits,
            spacing_mm=film.spacing_mm,
            window=film.window,
            quality=analysis.quality.to_json(),
            quality_tier=analysis.quality.tier,
            features=analysis.features,
            metadata={**film.metadata, **row.row.metadata},
        )
        self.rows.images.append(image)
        self.rows.signatures.append(ImageSignature(image=image, coarse=analysis.coarse.tobytes()))
        self.images[image.pk] = image
        self._near(row, image)
        self.book.add(image.pk, analysis)
        return image

    def _near(self, row: Prepared, image: Image) -> None:
        assert row.analysis is not None
        for near in self.book.near(row.analysis):
            other = self._film(near.image_id)
            if other is None or other.withdrawn_at is not None:
                continue
            self.rows.links.append(
                DuplicateLink(first=other, second=image, hamming=near.hamming, correlation=near.correlation)
            )
            warn_near(row, self._called(other), near.correlation, other.pk)
            if other.patient_id != image.patient_id:
                self.joins.append((other.patient, image.patient, "near duplicate"))

    def _may_join(self, row: Prepared, image: Image) -> bool:
        """Whether a known film may play this role; what was stored of it a second time is waste in any case."""
        if row.stored is not None:
            self.waste += row.stored.keys
        member = self.members.get(image.pk)
        if member is None or member.role == self.role:
            return True
        if row.mask_key:
            self.waste.append(row.mask_key)
        row.problems.append(
            Problem(
                ERROR, row.row.number, "image", row.row.image,
                f"this film is {member.role} of {self.project.slug} already and cannot be {self.role} too",
                "change its role in the films browser before the project starts, or remove the row",
            )
        )  # fmt: skip
        return False

    def _tell(self, row: Prepared, image: Image) -> None:
        """Words about a film that is there already, the first import's repeated: a report stands for itself."""
        warn_exact(row, image, self._called(image))
        if other_patient(row, image):
            self.joins.append((image.patient, self._patient(row), "exact duplicate"))
        elif image.patient.assumed and not row.row.patient_id:
            warn_no_patient(row)
        warn_changed(row, image)
        for link in self.links.get(image.pk, []):
            warn_near(row, self._called(link.first), link.correlation, link.first_id)

    def _join(self, row: Prepared, image: Image) -> bool:
        """Bring film and mask into the project; False where both were there."""
        added = False
        if image.pk not in self.members:
            state = ImageState.SETTLED if self.role == ImageRole.SEED else ImageState.WAITING
            member = ProjectImage(project=self.project, image=image, role=self.role, state=state)
            self.members[image.pk] = member
            self.rows.members.append(member)
            added = True
        if row.mask_hw is None:
            return added
        mask, png = mask_build(
            project=self.project, image=image, kind=MaskKind.SEED, mask_hw=row.mask_hw, png=row.mask_png,
            convention=row.convention, note={"file": row.row.image},
        )  # fmt: skip
        known = self.seed_masks.setdefault(image.pk, set())
        if mask.sha256 in known:
            self.waste += [row.mask_key] if row.mask_key else []
            return added
        known.add(mask.sha256)
        if row.mask_key:
            mask.storage_key = row.mask_key
        else:
            blobs().write(mask.storage_key, png)
        self.rows.masks.append(mask)
        return True

    def _called(self, image: Image) -> str:
        """A film by name, with its role in this project, as a pool film that shows a seed needs a person's eye.

        The name of another project's film is not for everybody who imports here.
        """
        member = self.members.get(image.pk) or ProjectImage.objects.filter(project=self.project, image=image).first()
        if member is None:
            return ELSEWHERE
        return f"{image.file_name or image.pk}, {member.get_split_display()} {member.role} of this project"

    def _film(self, image_id: uuid.UUID) -> Image | None:
        """None where it was withdrawn since the import began."""
        if image_id not in self.images:
            found = Image.objects.select_related("patient", "source").filter(pk=image_id).first()
            if found is None:
                return None
            self.images[image_id] = found
        return self.images[image_id]

    def _patient(self, row: Prepared) -> Patient:
        name = row.patient_name
        assumed = not (row.row.patient_id or (row.analysis and row.analysis.film.patient_id))
        if assumed:
            warn_no_patient(row)
        if name not in self.patients:
            self.patients[name] = Patient(identifier=name, assumed=assumed)
            self.rows.patients.append(self.patients[name])
        return self.patients[name]

    def _source(self, row: Prepared) -> Source:
        name = row.source_name
        if name not in self.sources:
            self.sources[name] = Source.objects.get_or_create(name=name)[0]
        return self.sources[name]
