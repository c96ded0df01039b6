"""The films of a project, and one film's whole way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.common.errors import InvalidInput
from annotation.masks.services import films_change_role
from annotation.projects.guards import require_admin
from annotation.projects.selectors import project_get
from annotation.rounds.film_serializers import (
    FilmFacetsSerializer,
    FilmFilterSerializer,
    FilmHistorySerializer,
    FilmPageRequestSerializer,
    FilmPageSerializer,
    FilmRoleReceiptSerializer,
    FilmRoleSerializer,
)
from annotation.rounds.selectors import film_history, films_counts, films_matching, films_page
from annotation.rounds.views.errors import ERRORS

REFUSALS: dict[int, Any] = {403: ERRORS[403], 404: ERRORS[404]}


class FilmsView(APIView):
    """Films by place in an order."""

    @extend_schema(
        operation_id="films",
        tags=["images"],
        parameters=[FilmPageRequestSerializer],
        responses={200: FilmPageSerializer, **REFUSALS},
        description="For researchers and admins. Who is a reader too sees no mask and no score of a film being read.",
    )
    def get(self, request: Request, slug: str) -> Response:
        """Some films from any place of an order on, filtered."""
        project = project_get(user=person_of(request), slug=slug)
        asked = FilmPageRequestSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        order, limit, offset = values.pop("order"), values.pop("limit"), values.pop("offset")
        return Response(
            films_page(
                project=project, user=person_of(request), filters=values, order=order, limit=limit, offset=offset
            )
        )


class FilmCountsView(APIView):
    """Films by the filters' values."""

    @extend_schema(
        operation_id="film_counts",
        tags=["images"],
        parameters=[FilmFilterSerializer],
        responses={200: FilmFacetsSerializer, **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many films each filter's values would leave; for researchers and admins."""
        project = project_get(user=person_of(request), slug=slug)
        asked = FilmFilterSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(films_counts(project=project, user=person_of(request), filters=asked.validated_data))


class FilmRoleView(APIView):
    """Seed or pool."""

    @extend_schema(
        operation_id="films_role",
        tags=["images"],
        request=FilmRoleSerializer,
        responses={200: FilmRoleReceiptSerializer, **REFUSALS, 409: ERRORS[409]},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Change the role of films, by an admin, before the project starts; films that cannot change say why."""
        user = person_of(request)
        project = project_get(user=user, slug=slug)
        require_admin(user, project)
        asked = FilmRoleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        if ("images" in values) == ("filters" in values):
            raise InvalidInput("name films in one way", field="images", remedy="send images or filters, not both")
        images = values.get("images")
        if images is None:
            images = films_matching(project=project, user=user, filters=values["filters"])
        done = films_change_role(project, images=images, role=values["role"], actor=user)
        refused = [{"image": str(image), "reason": reason} for image, reason in done.refused]
        return Response({"changed": len(done.changed), "unchanged": len(done.unchanged), "refused": refused})


class FilmHistoryView(APIView):
    """One film."""

    @extend_schema(
        operation_id="film_history",
        tags=["rounds"],
        responses={200: FilmHistorySerializer, **REFUSALS, 409: ERRORS[409]},
    )
    def get(self, request: Request, slug: str, image_id: UUID) -> Response:
        """All tasks, acts, masks and truths of a film; for researchers and admins.

        Who is also a reviewer gets it when the film's tasks are settled: reading is blind.
        """
        project = project_get(user=person_of(request), slug=slug)
        return Response(film_history(project=project, image_id=image_id, user=person_of(request)))
