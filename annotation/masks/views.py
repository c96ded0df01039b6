"""Masks over REST."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.images.pictures import AnyAccept, png_response
from annotation.images.requests import person
from annotation.images.services.seen import SMALL, film_seen
from annotation.masks.selectors import display_png, mask_get, mask_lineage, outline_png
from annotation.masks.serializers import MaskLineageSerializer
from annotation.projects.guards import require_research
from annotation.projects.selectors import project_get


class MaskPixelsView(APIView):
    """A mask's pixels. Its headers are the same for every mask of films of one size but for its random id."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="mask_pixels",
        tags=["masks"],
        responses={
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, description="1-bit PNG, white is foreground"),
            304: OpenApiResponse(description="the viewer's copy is good"),
        },
    )
    def get(self, request: Request, mask_id: UUID) -> HttpResponse:
        """A 1-bit PNG at the film's own resolution."""
        shown = mask_get(user=person(request), mask_id=mask_id)
        film_seen(user=person(request), image_id=shown.mask.image_id, project_id=shown.mask.project_id)
        return png_response(request, str(mask_id), lambda: display_png(shown))


class MaskOutlineView(APIView):
    """A mask's outline for lists. Its headers are the same for every mask but for its random id and length."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="mask_outline",
        tags=["masks"],
        responses={
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, description="transparent PNG, yellow outline"),
            304: OpenApiResponse(description="the viewer's copy is good"),
        },
    )
    def get(self, request: Request, mask_id: UUID) -> HttpResponse:
        """A transparent PNG of the size of the film's thumbnail."""
        shown = mask_get(user=person(request), mask_id=mask_id)
        film_seen(user=person(request), image_id=shown.mask.image_id, project_id=shown.mask.project_id, purpose=SMALL)
        return png_response(request, f"{mask_id}-outline", lambda: outline_png(shown))


class MaskLineageView(APIView):
    """Where a mask comes from."""

    @extend_schema(operation_id="mask_lineage", tags=["masks"], responses=MaskLineageSerializer)
    def get(self, request: Request, slug: str, mask_id: UUID) -> Response:
        """Network, author, job and all ancestors of a mask, for researchers and admins."""
        project = project_get(user=person(request), slug=slug)
        require_research(person(request), project)
        return Response(
            MaskLineageSerializer(mask_lineage(project=project, mask_id=mask_id, user=person(request))).data
        )
