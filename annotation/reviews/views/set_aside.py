"""Films that were set aside, for admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_admin
from annotation.projects.selectors import project_get
from annotation.reviews.selectors import films_set_aside
from annotation.reviews.services import film_exclude, film_put_back
from annotation.reviews.set_aside_serializers import FilmExcludeSerializer, ResolutionSerializer, SetAsideSerializer
from annotation.reviews.views.errors import ERRORS

RESOLVED: dict[int, Any] = {200: ResolutionSerializer, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}


class SetAsideView(APIView):
    """Films that could not be loaded."""

    @extend_schema(
        operation_id="films_set_aside",
        tags=["queue"],
        responses={200: SetAsideSerializer(many=True), 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Films that readers have reported and that wait for an admin, with who, when and in which words."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        return Response(films_set_aside(project))


class PutBackView(APIView):
    """Trying a film again."""

    @extend_schema(operation_id="film_put_back", tags=["queue"], request=None, responses=RESOLVED)
    def post(self, request: Request, slug: str, image_id: UUID) -> Response:
        """The film's pictures are read, made anew from the original where they are broken, and its tasks wait again.

        409 where it still cannot be read: the message says what is missing, and the film stays set aside.
        """
        project = project_get(user=person_of(request), slug=slug)
        done = film_put_back(project=project, image_id=image_id, actor=person_of(request))
        return Response(ResolutionSerializer(done).data)


class FilmExcludeView(APIView):
    """Giving a film up."""

    @extend_schema(
        operation_id="film_exclude",
        tags=["queue"],
        request=FilmExcludeSerializer,
        responses={**RESOLVED, 400: ERRORS[400]},
    )
    def post(self, request: Request, slug: str, image_id: UUID) -> Response:
        """A film that was set aside leaves the dataset with a reason; all its open tasks close."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = FilmExcludeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        done = film_exclude(project=project, image_id=image_id, actor=person_of(request), **data.validated_data)
        return Response(ResolutionSerializer(done).data)
