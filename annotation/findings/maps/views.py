"""Maps over REST, for researchers and admins."""

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
from annotation.findings.maps.selectors import map_pixels, map_summary, maps_of
from annotation.findings.maps.serializers import FilmMapSerializer, FilmMapsSerializer, MapAskSerializer
from annotation.findings.maps.services import map_ask
from annotation.images.pictures import AnyAccept
from annotation.images.services.seen import film_seen
from annotation.projects.selectors import project_get
from annotation.rounds.views.errors import ERRORS

REFUSED: dict[int, Any] = {403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}


class MapsView(APIView):
    """Maps of a film."""

    @extend_schema(operation_id="film_maps", tags=["findings"], responses={200: FilmMapsSerializer, **REFUSED})
    def get(self, request: Request, slug: str, image_id: UUID) -> Response:
        """What networks make of each pixel of a film: infection maps, or probability maps of another target.

        Who is also a reviewer gets them when the film's tasks are settled: reading is blind.
        """
        person = person_of(request)
        return Response(maps_of(project=project_get(user=person, slug=slug), image_id=image_id, user=person))

    @extend_schema(
        operation_id="film_map_ask",
        tags=["findings"],
        request=MapAskSerializer,
        responses={200: FilmMapSerializer, 201: FilmMapSerializer, **ERRORS},
    )
    def post(self, request: Request, slug: str, image_id: UUID) -> Response:
        """Have a network's map of a film drawn. One that is there already is given back, a failed one tried anew.

        A prediction worker draws it; ask for the film's maps until the job has ended.
        """
        data = MapAskSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        person = person_of(request)
        project = project_get(user=person, slug=slug)
        made, new = map_ask(project=project, image_id=image_id, actor=person, network_id=data.validated_data["network"])
        return Response(map_summary(made, project), status=201 if new else 200)


class MapPictureView(APIView):
    """A map's pixels."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="film_map_picture",
        tags=["findings"],
        responses={(200, "image/png"): OpenApiTypes.BINARY, **REFUSED},
    )
    def get(self, request: Request, slug: str, image_id: UUID, map_id: UUID, what: str) -> HttpResponse:
        """``picture``: colours over the film. ``probability``: 8 bits of grey, 255 times the probability."""
        person = person_of(request)
        project = project_get(user=person, slug=slug)
        data = map_pixels(project=project, image_id=image_id, map_id=map_id, what=what, user=person)
        film_seen(user=person, image_id=image_id, project_id=project.pk)
        response = HttpResponse(data, content_type="image/png")
        response["Cache-Control"] = "private, no-store"
        return response
