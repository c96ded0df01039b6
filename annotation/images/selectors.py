"""Reading films: one of them, a project's list, and pixels for display."""

from __future__ import annotations

import contextlib
from uuid import UUID

import cv2
from django.db.models import Q, QuerySet

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Missing
from annotation.images.analysis import decode_rendition, encode_rendition
from annotation.images.models import DuplicateLink, Image, ProjectImage
from annotation.images.permissions import film_by_alias, visible_images
from annotation.images.pseudonyms import pseudonym
from annotation.images.reading.film import to_8bit
from annotation.images.thumbnails import thumbnail_key, thumbnail_make
from annotation.projects.models import Membership, Project, Role, current_pseudonym_key
from mlbackend.storage import StorageError, StorageMissingError

SMALLEST_SIDE, LARGEST_SIDE = 16, 8192


def image_get(*, user: User, image_id: UUID) -> Image:
    """A film that the user may see, also by an id under which it is shown; else Missing, so that nobody learns which
    films exist.
    """
    return _seen(visible_images(user).select_related("patient", "source"), image_id)


def _seen(films: QuerySet[Image], image_id: UUID) -> Image:
    image = films.filter(pk=image_id).first()
    if image is None and (film := film_by_alias(image_id)):
        image = films.filter(pk=film).first()
    if image is None:
        raise Missing("no such image, or none that you may see", field="image", value=str(image_id))
    return image


def patient_pseudonym(image: Image, user: User) -> str:
    """The patient as the oldest project names him that holds the film and that the user may research."""
    projects = Project.objects.filter(project_images__image=image).order_by("created_at", "pk")
    if not user.is_superuser:
        projects = projects.filter(memberships__user=user, memberships__role__in=[Role.RESEARCHER, Role.ADMIN])
    key_id = projects.values_list("pseudonym_key", flat=True).first()
    return pseudonym(image.patient.identifier, key_id or current_pseudonym_key())


def is_researched_by(user: User, image: Image) -> bool:
    """Whether the user is a researcher or admin of a project that holds the film."""
    return (
        user.is_superuser
        or Membership.objects.filter(
            user=user, role__in=[Role.RESEARCHER, Role.ADMIN], project__project_images__image=image
        ).exists()
    )


def near_duplicates(image: Image, user: User) -> list[UUID]:
    """Films that show the same picture and that the user may see."""
    links = DuplicateLink.objects.filter(Q(first=image) | Q(second=image)).values_list("first_id", "second_id")
    others = {one if one != image.pk else other for one, other in links}
    return sorted(visible_images(user).filter(pk__in=others).values_list("pk", flat=True))


def project_images(project: Project) -> QuerySet[ProjectImage]:
    """Films of a project, in the order in which they came."""
    films = ProjectImage.objects.filter(project=project, image__withdrawn_at=None)
    return films.select_related("image__patient", "image__source", "project")


def display_png(image: Image, longest_side: int | None = None) -> bytes:
    """8-bit grey PNG of a film: the stored file itself where it will do, else made from it.

    16-bit films are shown through their window, made once and kept. ``longest_side`` shrinks, it never enlarges.
    """
    data = _stored_8bit(image)
    if longest_side is None or longest_side >= max(image.width, image.height):
        return data
    scale = longest_side / max(image.width, image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return encode_rendition(cv2.resize(decode_rendition(data), size, interpolation=cv2.INTER_AREA))


def image_for_thumbnail(*, user: User, image_id: UUID) -> Image:
    """As ``image_get``, without the film's long columns: a page of the browser asks for dozens at once."""
    return _seen(visible_images(user).only("bits", "window", "rendition_key"), image_id)


def thumbnail_jpeg(image: Image) -> bytes:
    """The film's thumbnail: made when it was imported, or now for a film that came before there were any, and kept."""
    key, storage = thumbnail_key(image.pk), blobs()
    try:
        return storage.read(key)
    except StorageMissingError:
        data = thumbnail_make(to_8bit(decode_rendition(_stored_8bit(image)), image.window))
        _keep(key, data)
        return data


def display_key(image_id: UUID) -> str:
    """Where the 8-bit copy of a 16-bit film lies that browsers are given."""
    return f"display/{image_id}.png"


def _stored_8bit(image: Image) -> bytes:
    storage = blobs()
    try:
        if image.bits == 8:
            return storage.read(image.rendition_key)
        key = display_key(image.pk)
        try:
            return storage.read(key)
        except StorageMissingError:
            data = encode_rendition(to_8bit(decode_rendition(storage.read(image.rendition_key)), image.window))
            _keep(key, data)
            return data
    except StorageMissingError as error:
        raise Missing(
            "the film's file is lost from storage", field="image", value=str(image.pk), remedy="restore the storage"
        ) from error


def _keep(key: str, data: bytes) -> None:
    """A copy that spares making it again: where the storage is full, the film is shown all the same."""
    with contextlib.suppress(StorageError):
        blobs().write(key, data)
