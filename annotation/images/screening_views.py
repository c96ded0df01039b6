"""Screening of the pool over REST, for admins."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.common.query import query_check, whole_number
from annotation.images.requests import person
from annotation.images.screening import FACETS, STATES, screening_page
from annotation.images.serializers import (
    ScreeningPageSerializer,
    ScreeningReceiptSerializer,
    ScreeningRequestSerializer,
)
from annotation.images.services import films_screen
from annotation.projects.guards import require_admin
from annotation.projects.models import Project
from annotation.projects.selectors import project_get

LARGEST_PAGE = 500


class ScreeningView(APIView):
    """The pool before anybody works on it."""

    @extend_schema(
        operation_id="screening",
        tags=["images"],
        parameters=[
            OpenApiParameter("state", str, enum=STATES, description="waiting films (default), those taken out, or all"),
            OpenApiParameter("suggestion", str, description="code of a rule, any or none"),
            *(
                OpenApiParameter(name, str, description="empty: films of which it is not stated", allow_blank=True)
                for name in FACETS
            ),
            OpenApiParameter("limit", int, description=f"1 to {LARGEST_PAGE}, default 60"),
            OpenApiParameter("offset", int),
        ],
        responses=ScreeningPageSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Films of the pool that wait or were taken out, the worst first, with what speaks against them."""
        project = _administered(request, slug)
        query = request.query_params
        query_check(request, ["state", "suggestion", *FACETS, "limit", "offset"])
        page = screening_page(
            project,
            state=query.get("state", "waiting"),
            suggestion=query.get("suggestion", ""),
            wanted={name: query[name] for name in FACETS if name in query},
            limit=whole_number(query.get("limit", "60"), "limit", 1, LARGEST_PAGE),
            offset=whole_number(query.get("offset", "0"), "offset", 0, 10**7),
        )
        return Response(ScreeningPageSerializer(page).data)

    @extend_schema(
        operation_id="films_screen",
        tags=["images"],
        request=ScreeningRequestSerializer,
        responses=ScreeningReceiptSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take films out with a reason, or bring them back, as long as they are in no round."""
        project = _administered(request, slug)
        data = ScreeningRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        moved = films_screen(project, actor=person(request), **data.validated_data)
        return Response(ScreeningReceiptSerializer({"changed": [film.image_id for film in moved]}).data)


def _administered(request: Request, slug: str) -> Project:
    project = project_get(user=person(request), slug=slug)
    require_admin(person(request), project)
    return project
