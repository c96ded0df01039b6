"""Small real files with bits turned, ends cut off and pieces of others put in: refused in words or read, never half."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from annotation.common.blobs import blobs
from annotation.common.errors import InvalidInput
from annotation.images.decoding.pool import decode_film
from annotation.images.models import Image, ProjectImage
from annotation.masks.codec import decode_mask_png
from annotation.masks.services.archive import archive_unpack
from annotation.masks.services.manifest_import import manifest_import
from tests.annotation.access.fuzz import tried
from tests.annotation.access.town import Town
from tests.annotation.access.world import digest
from tests.annotation.images.files import dicom
from tests.annotation.reviews.world import drawing
from tests.factories import ProjectFactory
from tests.support.pictures import film_hw, png_bytes

pytestmark = pytest.mark.one_database

Change = tuple[str, float, int]


def jpeg() -> bytes:
    return cv2.imencode(".jpg", film_hw(48, 64, 1))[1].tobytes()


def deep() -> bytes:
    return cv2.imencode(".png", film_hw(48, 64, 2).astype(np.uint16) * 257)[1].tobytes()


def colour() -> bytes:
    return cv2.imencode(".png", np.dstack([film_hw(48, 64, n) for n in range(4)]))[1].tobytes()


FILMS = {
    "png": png_bytes(film_hw(48, 64, 1)), "jpeg": jpeg(), "16 bit": deep(), "colour": colour(),
    "dicom": dicom(film_hw(48, 64, 3), bits=8),
}  # fmt: skip
MANIFEST = b"image,mask_lung,patient_id,label,view\nfilm.png,mask.png,p1,normal,PA\nother.png,,p2,covid,AP\n"


def changes(kinds: tuple[str, ...] = ("flip", "set", "cut", "splice", "repeat", "drop")) -> Any:
    """One to four changes: what, where (a share of the length), and a number."""
    return st.lists(st.tuples(st.sampled_from(kinds), st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4)


def changed(data: bytes, made: list[Change], other: bytes = b"") -> bytes:
    """The file after the changes."""
    for kind, share, number in made:
        at = int(share * max(len(data) - 1, 0))
        match kind:
            case "flip":
                data = data[:at] + bytes([data[at] ^ (1 << number % 8)]) + data[at + 1 :] if data else data
            case "set":
                data = data[:at] + bytes([number]) * 4 + data[at + 4 :]
            case "cut":
                data = data[:at]
            case "splice":
                data = data[:at] + other[at:] + data[at:]
            case "repeat":
                data = data[:at] + data[at : at + number] * 3 + data[at:]
            case "drop":
                data = data[:at] + data[at + number :]
    return data


def attempt(what: Callable[[], Any]) -> Any:
    """What comes of it, or the refusal; anything else that is raised is a fault."""
    try:
        return what()
    except InvalidInput as error:
        return error


@tried(60)
@given(name=st.sampled_from(sorted(FILMS)), other=st.sampled_from(sorted(FILMS)), made=changes())
def test_a_damaged_film_is_read_or_refused_in_words(name: str, other: str, made: list[Change]) -> None:
    film = attempt(lambda: decode_film(changed(FILMS[name], made, FILMS[other]), name="film"))
    if isinstance(film, InvalidInput):
        assert film.message
        assert film.remedy
        return
    assert film.pixels.ndim == 2
    assert film.pixels.dtype in (np.uint8, np.uint16)


@tried(40)
@given(made=changes(), other=st.sampled_from(sorted(FILMS)))
def test_a_damaged_mask_is_read_or_refused_in_words(made: list[Change], other: str) -> None:
    mask = attempt(lambda: decode_mask_png(changed(drawing(), made, FILMS[other]), width=64, height=48))
    if isinstance(mask, InvalidInput):
        assert mask.remedy
        return
    assert (mask.shape, mask.dtype) == ((48, 64), np.bool_)


@pytest.mark.django_db
@tried(8)
@given(made=changes(), task=st.sampled_from(["correction", "verification"]))
def test_a_damaged_mask_that_a_reviewer_sends_is_recorded_whole_or_not_at_all(
    town: Town, made: list[Change], task: str
) -> None:
    body = town.left.act(task, mask=SimpleUploadedFile("mask.png", changed(drawing(), made, FILMS["png"])))
    actor = {"correction": "annotator", "verification": "physician"}[task]
    if task == "verification":
        body["decision"] = "correct"
    with transaction.atomic():
        answer = town.client(town.sessions[actor]).post(
            f"/api/tasks/{town.left.names[task]}/{task}", body, format="multipart"
        )
        assert answer.status_code in (201, 400), answer.content
        if answer.status_code == 400:
            # Without a rollback of ours: the platform itself must have left nothing.
            assert digest() == town.before
        transaction.set_rollback(True)


def films_zip(manifest: bytes) -> bytes:
    """An upload of two films and a mask."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", manifest)
        archive.writestr("film.png", FILMS["png"])
        archive.writestr("other.png", FILMS["colour"])
        archive.writestr("mask.png", drawing())
    return content.getvalue()


@tried(60)
@given(made=changes())
def test_a_damaged_zip_is_unpacked_or_refused_in_words(made: list[Change]) -> None:
    upload = io.BytesIO(changed(films_zip(MANIFEST), made, FILMS["jpeg"]))
    with tempfile.TemporaryDirectory() as folder:
        manifest = attempt(lambda: archive_unpack(upload, Path(folder)))
        if isinstance(manifest, InvalidInput):
            assert manifest.remedy
            return
        assert manifest.is_relative_to(folder)
        assert all(one.resolve().is_relative_to(Path(folder).resolve()) for one in Path(folder).rglob("*"))


@pytest.mark.django_db
@tried(12)
@given(made=changes(), role=st.sampled_from(["seed", "pool"]))
def test_a_damaged_manifest_brings_whole_films_or_none(db: None, made: list[Change], role: str) -> None:
    with tempfile.TemporaryDirectory() as name, transaction.atomic():
        folder = Path(name)
        for file, data in (("film.png", FILMS["png"]), ("other.png", FILMS["colour"]), ("mask.png", drawing())):
            (folder / file).write_bytes(data)
        (folder / "manifest.csv").write_bytes(changed(MANIFEST, made, FILMS["png"]))
        project, before = ProjectFactory(), set(Image.objects.values_list("pk", flat=True))
        report = manifest_import(project=project, manifest=folder / "manifest.csv", role=role)
        films = ProjectImage.objects.filter(project=project).select_related("image")
        assert set(Image.objects.values_list("pk", flat=True)) - before == {film.image_id for film in films}
        assert len(films) <= report.rows
        for film in films:
            assert blobs().exists(film.image.rendition_key)
            assert blobs().exists(film.image.original_key)
            assert film.image.masks.count() == (1 if role == "seed" else 0)
        transaction.set_rollback(True)
