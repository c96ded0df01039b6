"""Films as copies of imported ones: rows of their own on the same files, for who has no hour for the import.

With ``--imported N`` so many films of the pool go through the product's import; each later film has the pixels of one
of them, under ids, hashes and patients of its own. What is made of the films afterwards does not tell them apart.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import numpy as np

from benchmarks.scale.films import name_of, number_of, patient_of

AT_ONCE = 1000


def drawn_as(number: int, imported: int, seeds: int) -> int:
    """Number of the film whose pixels film ``number`` has."""
    return number if number < seeds + imported else seeds + (number - seeds) % imported


def copy_films(project: Any, numbers: range, imported: int, seeds: int) -> None:
    """Make the films of these numbers that are not there."""
    from annotation.images.models import Image, ImageRole, ProjectImage

    if not numbers:
        return
    names = ProjectImage.objects.filter(project=project, role=ImageRole.POOL).values_list("image__file_name", "image")
    there = {number_of(name): image for name, image in names}
    missing = [number for number in numbers if number not in there]
    # A picture that the import took for another's copy has no row of its own: its neighbour stands in.
    known = sorted(number for number in there if number < seeds + imported)
    for start in range(0, len(missing), AT_ONCE):
        part = missing[start : start + AT_ONCE]
        first = {number: drawn_as(number, imported, seeds) for number in part}
        sources = {n: n if n in there else known[n % len(known)] for n in first.values()}
        images = Image.objects.select_related("signature").in_bulk([there[n] for n in set(sources.values())])
        _copy(project, part, {n: images[there[sources[first[n]]]] for n in part})


def _copy(project: Any, part: list[int], sources: dict[int, Any]) -> None:
    from django.db import transaction

    from annotation.images.models import Image, ImageRole, ImageSignature, Patient, ProjectImage

    names = {patient_of(number) for number in part}
    patients = {patient.identifier: patient for patient in Patient.objects.filter(identifier__in=names)}
    fresh = [Patient(identifier=name) for name in sorted(names - patients.keys())]
    patients |= {patient.identifier: patient for patient in fresh}
    rng = np.random.default_rng(part)
    images, signatures = [], []
    for number in part:
        source = sources[number]
        flipped = sum(1 << int(bit) for bit in rng.choice(64, 6, replace=False))
        coarse = np.frombuffer(bytes(source.signature.coarse), np.int8).astype(np.int16) + rng.integers(-20, 21, 1024)
        image = Image(
            id=uuid.uuid4(), patient=patients[patient_of(number)], file_name=name_of(number),
            sha256=hashlib.sha256(f"file {number}".encode()).hexdigest(),
            pixel_sha256=hashlib.sha256(f"pixels {number}".encode()).hexdigest(),
            perceptual_hash=f"{int(source.perceptual_hash, 16) ^ flipped:016x}",
            **{
                name: getattr(source, name)
                for name in (
                    "source_id", "label", "view", "original_key", "rendition_key", "width", "height", "bits",
                    "spacing_mm", "window", "quality", "quality_tier", "features", "metadata",
                )
            },
        )  # fmt: skip
        images.append(image)
        signatures.append(ImageSignature(image=image, coarse=np.clip(coarse, -127, 127).astype(np.int8).tobytes()))
    with transaction.atomic():
        Patient.objects.bulk_create(fresh, batch_size=500)
        Image.objects.bulk_create(images, batch_size=500)
        ImageSignature.objects.bulk_create(signatures, batch_size=500)
        ProjectImage.objects.bulk_create(
            (ProjectImage(project=project, image=image, role=ImageRole.POOL) for image in images), batch_size=500
        )
