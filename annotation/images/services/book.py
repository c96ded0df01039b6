"""All films known so far, kept in memory while an import runs, so that each new one can be compared with all."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Q, QuerySet

from annotation.common.blobs import blobs
from annotation.images.analysis import FilmAnalysis, thumbnail_of_rendition
from annotation.images.models import Image, ImageSignature
from mlbackend.duplicates import MIN_CORRELATION, Registration, SignatureIndex, Thumbnail
from mlbackend.storage import StorageError

_LOCK = 0x6672_616D  # Any number will do, as long as nobody else takes it.
_KEPT_THUMBNAILS = 1000
_OVERLAP = timedelta(minutes=10)
_READ_AT_ONCE = 500


@dataclass(frozen=True)
class NearDuplicate:
    """A film that shows the same picture."""

    image_id: UUID
    hamming: int
    correlation: float


def books_lock() -> None:
    """Let one import at a time write films until the transaction ends, so that two cannot bring the same one.

    On SQLite the IMMEDIATE transaction is that lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class FilmBook:
    """Hashes of all films. ``refresh`` reads what others added; ``near`` finds copies; ``add`` puts a film in."""

    def __init__(self) -> None:
        self.files: dict[str, UUID] = {}
        """Film by the sha256 of its original."""
        self.pixels: dict[str, UUID] = {}
        """Film by the sha256 of its pixels."""
        self._index: SignatureIndex[UUID] = SignatureIndex()
        self._known: set[UUID] = set()
        self._read_until: datetime | None = None
        self._thumbnails: OrderedDict[UUID, Thumbnail] = OrderedDict()

    def refresh(self) -> None:
        """Read films that were written since the last call."""
        if self._read_until is None:
            self._read(ImageSignature.objects.all())
            return
        # A row's time is taken before its transaction ends, so look back a while; but read only what is not known, as
        # a long import would else read its own last minutes again with every chunk.
        recent = Image.objects.filter(created_at__gte=self._read_until - _OVERLAP).order_by()
        new = [image_id for image_id in recent.values_list("pk", flat=True) if image_id not in self._known]
        for start in range(0, len(new), _READ_AT_ONCE):
            self._read(ImageSignature.objects.filter(image__in=new[start : start + _READ_AT_ONCE]))

    def _read(self, films: QuerySet[ImageSignature]) -> None:
        rows = films.order_by("image__created_at").values_list(
            "image_id", "image__sha256", "image__pixel_sha256", "image__perceptual_hash", "coarse", "image__created_at"
        )
        for image_id, sha256, pixel_sha256, hash_hex, coarse, created_at in rows.iterator(chunk_size=2000):
            if image_id not in self._known:
                self._put(image_id, sha256, pixel_sha256, int(hash_hex, 16), np.frombuffer(bytes(coarse), np.int8))
            self._read_until = max(created_at, self._read_until or created_at)

    def look_up(self, analyses: list[FilmAnalysis]) -> None:
        """Learn which of some films the database has, also those without a signature."""
        films = Image.objects.filter(
            Q(sha256__in=[a.sha256 for a in analyses]) | Q(pixel_sha256__in=[a.pixel_sha256 for a in analyses])
        )
        for image_id, sha256, pixel_sha256 in films.order_by("created_at").values_list("pk", "sha256", "pixel_sha256"):
            self.files[sha256] = image_id
            self.pixels.setdefault(pixel_sha256, image_id)

    def exact(self, analysis: FilmAnalysis) -> UUID | None:
        """The film with the same file or the same pixels."""
        return self.files.get(analysis.sha256) or self.pixels.get(analysis.pixel_sha256)

    def near(self, analysis: FilmAnalysis) -> list[NearDuplicate]:
        """Films that show the same picture, the most alike first."""
        candidates = self._index.search(analysis.perceptual_hash, analysis.coarse)
        if not candidates:
            return []
        registration = Registration(analysis.thumbnail)
        found = []
        for candidate in candidates:
            other = self._thumbnail(candidate.image_id)
            correlation = registration.correlate(other) if other is not None else -1.0
            if correlation >= MIN_CORRELATION:
                found.append(NearDuplicate(candidate.image_id, candidate.hamming, correlation))
        return sorted(found, key=lambda duplicate: -duplicate.correlation)

    def add(self, image_id: UUID, analysis: FilmAnalysis) -> None:
        """Put in a film that was just recorded."""
        self._put(image_id, analysis.sha256, analysis.pixel_sha256, analysis.perceptual_hash, analysis.coarse)
        self._keep(image_id, analysis.thumbnail)

    def _put(self, image_id: UUID, sha256: str, pixel_sha256: str, perceptual_hash: int, coarse: np.ndarray) -> None:
        self._known.add(image_id)
        self.files[sha256] = image_id
        self.pixels.setdefault(pixel_sha256, image_id)
        self._index.add(image_id, perceptual_hash, coarse)

    def _keep(self, image_id: UUID, picture: Thumbnail) -> None:
        self._thumbnails[image_id] = picture
        if len(self._thumbnails) > _KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)

    def _thumbnail(self, image_id: UUID) -> Thumbnail | None:
        if image_id in self._thumbnails:
            self._thumbnails.move_to_end(image_id)
            return self._thumbnails[image_id]
        image = Image.objects.only("rendition_key", "window").filter(pk=image_id, withdrawn_at=None).first()
        if image is None:
            return None
        try:
            picture = thumbnail_of_rendition(blobs().read(image.rendition_key), image.window)
        except (StorageError, ValueError):
            return None  # A film whose file is lost cannot be compared; that is no reason to refuse another one.
        self._keep(image_id, picture)
        return picture
