"""Figures of a project, its networks' curves and what comes next; for researchers and admins."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.images.figures import figure
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.selectors import project_get
from annotation.rounds.figure_serializers import (
    CurveSerializer,
    FiguresQuerySerializer,
    FiguresSerializer,
    NextBatchSerializer,
)
from annotation.rounds.selectors import (
    next_batch,
    project_figures,
    training_curves,
)
from annotation.rounds.views.errors import ERRORS

REFUSALS = {403: ERRORS[403], 404: ERRORS[404]}


def _project(request: Request, slug: str) -> Project:
    project = project_get(user=person_of(request), slug=slug)
    require_research(person_of(request), project)
    return project


class FiguresView(APIView):
    """What the project cost, and how its proposals fared."""

    @extend_schema(
        operation_id="figures",
        tags=["rounds"],
        parameters=[FiguresQuerySerializer],
        responses={200: FiguresSerializer, 400: ERRORS[400], **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """By batch: accept rate, seconds, effort saved, DSC of proposals with final masks; main network by round."""
        project = _project(request, slug)
        query = FiguresQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        seconds = query.validated_data["draw_seconds"]
        return Response(figure(project, f"figures {seconds}", lambda: project_figures(project, seconds)))


class CurvesView(APIView):
    """How the networks learnt."""

    @extend_schema(operation_id="curves", tags=["rounds"], responses={200: CurveSerializer(many=True), **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """Validation DSC and training loss by epoch of every network, oldest first."""
        return Response(training_curves(_project(request, slug)))


class NextBatchView(APIView):
    """What comes next, and why."""

    @extend_schema(operation_id="next_batch", tags=["rounds"], responses={200: NextBatchSerializer, **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The batch that is read now as it was chosen, and the next one as the engine would choose it now."""
        return Response(next_batch(_project(request, slug)))
