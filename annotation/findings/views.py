"""Findings over REST, for researchers and admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.common.pagination import Pagination
from annotation.findings.selectors import (
    finding_set_detail,
    finding_set_get,
    finding_set_summary,
    finding_sets,
    picture,
)
from annotation.findings.serializers import FindingsAskSerializer, FindingSetDetailSerializer, FindingSetSerializer
from annotation.findings.services import findings_ask
from annotation.images.services.seen import film_seen
from annotation.projects.selectors import project_get
from annotation.rounds.views.errors import ERRORS

REFUSED: dict[int, Any] = {403: ERRORS[403], 404: ERRORS[404]}


class FindingSetsView(APIView):
    """What networks were asked."""

    pagination_class = Pagination

    @extend_schema(
        operation_id="findings_list", tags=["findings"], responses={200: FindingSetSerializer(many=True), **REFUSED}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        pages = Pagination()
        page = pages.paginate_queryset(finding_sets(user=person_of(request), slug=slug), request, view=self) or []
        return pages.get_paginated_response([finding_set_summary(found) for found in page])

    @extend_schema(
        operation_id="findings_ask",
        tags=["findings"],
        request=FindingsAskSerializer,
        responses={201: FindingSetDetailSerializer, **ERRORS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have the main networks look at films of the project: lungs, infection inside them, shares, pictures.

        A prediction worker answers; ask for the set by its number until its job has ended.
        """
        data = FindingsAskSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        person, values = person_of(request), data.validated_data
        join = project_get(user=person, slug=values["join"]) if values["join"] else None
        found = findings_ask(
            project=project_get(user=person, slug=slug), images=values["films"], actor=person, join=join
        )
        return Response(finding_set_detail(found, user=person), status=201)


class FindingSetView(APIView):
    """One question and its answer."""

    @extend_schema(operation_id="findings", tags=["findings"], responses={200: FindingSetDetailSerializer, **REFUSED})
    def get(self, request: Request, slug: str, number: int) -> Response:
        """What was found on each film, and patients' courses."""
        person = person_of(request)
        return Response(finding_set_detail(finding_set_get(user=person, slug=slug, number=number), user=person))


class FindingPictureView(APIView):
    """A film's masks."""

    @extend_schema(
        operation_id="finding_picture",
        tags=["findings"],
        responses={(200, "image/png"): OpenApiTypes.BINARY, **REFUSED, 409: ERRORS[409]},
    )
    def get(self, request: Request, slug: str, number: int, image_id: UUID, what: str) -> HttpResponse:
        """``lungs`` and ``infection`` as 1-bit PNG, ``overlay`` as a colour picture; at the film's own resolution."""
        person = person_of(request)
        found = finding_set_get(user=person, slug=slug, number=number)
        data = picture(found, user=person, image_id=image_id, what=what)
        film_seen(user=person, image_id=image_id, project_id=found.project_id)
        response = HttpResponse(data, content_type="image/png")
        response["Cache-Control"] = "private, no-store"
        return response
