"""Films over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.common.errors import InvalidInput
from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.images.pictures import AnyAccept, png_response
from annotation.images.requests import person
from annotation.images.selectors import (
    LARGEST_SIDE,
    SMALLEST_SIDE,
    display_png,
    image_for_thumbnail,
    image_get,
    is_researched_by,
    near_duplicates,
    patient_pseudonym,
    project_images,
    thumbnail_jpeg,
)
from annotation.images.serializers import ImageDetailSerializer, ImageSerializer, ProjectImageSerializer
from annotation.images.services.seen import SMALL, film_seen
from annotation.projects.guards import require_research
from annotation.projects.selectors import project_get


class ImageView(APIView):
    """One film."""

    @extend_schema(
        operation_id="image",
        tags=["images"],
        responses=ImageDetailSerializer,
        description="Reviewers get size, view, spacing and window; researchers and admins get all fields.",
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """A film of a project in which I have a role."""
        image = image_get(user=person(request), image_id=image_id)
        if not is_researched_by(person(request), image):
            # By the id that was asked for: a film may be shown under another one.
            return Response({**ImageSerializer(image).data, "id": str(image_id)})
        image.near_duplicates = near_duplicates(image, person(request))  # type: ignore[attr-defined]
        image.patient_pseudonym = patient_pseudonym(image, person(request))  # type: ignore[attr-defined]
        return Response(ImageDetailSerializer(image).data)


class ImagePixelsView(APIView):
    """A film's pixels for display."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="image_pixels",
        tags=["images"],
        parameters=[
            OpenApiParameter(
                "max", int, description=f"longest side in pixels, {SMALLEST_SIDE} to {LARGEST_SIDE}; never enlarges"
            )
        ],
        responses={
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, description="8-bit grey PNG"),
            304: OpenApiResponse(description="the viewer's copy is good"),
        },
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """An 8-bit grey PNG; a 16-bit film is shown through its window."""
        image = image_get(user=person(request), image_id=image_id)
        side = _longest_side(request.query_params.get("max"))
        film_seen(user=person(request), image_id=image.pk)
        tag = str(image_id) if side is None else f"{image_id}-{side}"
        return png_response(request, tag, lambda: display_png(image, side))


class ImageThumbnailView(APIView):
    """A film as a small picture."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="image_thumbnail",
        tags=["images"],
        responses={
            (200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="8-bit grey JPEG"),
            304: OpenApiResponse(description="the viewer's copy is good"),
        },
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """A grey JPEG of at most 256 pixels, for lists."""
        image = image_for_thumbnail(user=person(request), image_id=image_id)
        film_seen(user=person(request), image_id=image.pk, purpose=SMALL)
        return png_response(request, f"{image_id}-thumbnail", lambda: thumbnail_jpeg(image), "image/jpeg")


def _longest_side(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not SMALLEST_SIDE <= int(text[:6]) <= LARGEST_SIDE:
        raise InvalidInput(
            f"max is {text!r}",
            field="max",
            value=text,
            remedy=f"use a whole number from {SMALLEST_SIDE} to {LARGEST_SIDE}",
        )
    return int(text)


class ProjectImageFilter(django_filters.FilterSet):
    """Films by what they are to the project and by what they show."""

    role = django_filters.ChoiceFilter(choices=ImageRole.choices)
    state = django_filters.ChoiceFilter(choices=ImageState.choices)
    split = django_filters.ChoiceFilter(
        choices=[("training", "training"), *((s.value, s.label) for s in ImageSplit if s.value)], method="by_split"
    )
    label = django_filters.CharFilter(field_name="image__label")
    source = django_filters.CharFilter(field_name="image__source__name")
    quality = django_filters.CharFilter(field_name="image__quality_tier")

    class Meta:
        model = ProjectImage
        fields = ["role", "state", "split", "label", "source", "quality"]

    def by_split(self, queryset: QuerySet[ProjectImage], name: str, value: str) -> QuerySet[ProjectImage]:
        """``training`` is stored as an empty text."""
        return queryset.filter(split=ImageSplit.NONE if value == "training" else value)


class ProjectImagesView(generics.ListAPIView):
    """Films of a project, for researchers and admins."""

    serializer_class = ProjectImageSerializer
    filterset_class = ProjectImageFilter
    queryset = ProjectImage.objects.none()

    def get_queryset(self) -> QuerySet[ProjectImage]:
        """Oldest first."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        project = project_get(user=person(self.request), slug=self.kwargs["slug"])
        require_research(person(self.request), project)
        return project_images(project)

    @extend_schema(operation_id="project_images", tags=["images"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List films, by role, state, split, label, source or quality."""
        return super().get(request, *args, **kwargs)
