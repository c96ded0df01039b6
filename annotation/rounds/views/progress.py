"""Progress and networks."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_admin, require_research
from annotation.projects.selectors import project_get
from annotation.rounds.selectors import model_card, models_list, project_progress, projects_overview, readiness
from annotation.rounds.serializers import (
    ModelCardSerializer,
    ModelSerializer,
    OverviewSerializer,
    PointSerializer,
    ProgressSerializer,
)
from annotation.rounds.views.errors import ERRORS


class ProgressView(APIView):
    """Where a project stands."""

    @extend_schema(operation_id="progress", tags=["rounds"], responses={200: ProgressSerializer, 404: ERRORS[404]})
    def get(self, request: Request, slug: str) -> Response:
        """Films, stages, the step that runs, effort by batch, accept rates; picks by network for researchers."""
        project = project_get(user=person_of(request), slug=slug)
        return Response(project_progress(project, user=person_of(request)))


class OverviewView(APIView):
    """The projects that I lead."""

    @extend_schema(operation_id="overview", tags=["rounds"], responses={200: OverviewSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Masks, what waits, what runs and the accept rate of each project of which I am researcher or admin."""
        return Response(projects_overview(person_of(request)))


class ReadinessView(APIView):
    """What is missing before the start."""

    @extend_schema(
        operation_id="readiness",
        tags=["rounds"],
        responses={200: PointSerializer(many=True), 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Seeds, validation patients, pool, screening, people and guide, each with its numbers; for admins."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        return Response(PointSerializer(readiness(project), many=True).data)


class ModelsView(APIView):
    """Networks of a project."""

    @extend_schema(
        operation_id="models_list",
        tags=["rounds"],
        responses={200: ModelSerializer(many=True), 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """All trained networks, oldest first; for researchers and admins."""
        project = project_get(user=person_of(request), slug=slug)
        require_research(person_of(request), project)
        return Response(models_list(project))


class ModelView(APIView):
    """One network."""

    @extend_schema(
        operation_id="model",
        tags=["rounds"],
        responses={200: ModelCardSerializer, 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, model_id: UUID) -> Response:
        """A network with its card: data, patients, settings, metrics by epoch, environment."""
        return Response(model_card(user=person_of(request), model_id=model_id))
