"""What admins do: start, pause, resume, retry, close."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.models import Project
from annotation.projects.selectors import project_get
from annotation.rounds.selectors import round_detail, round_get
from annotation.rounds.serializers import RoundDetailSerializer, StateSerializer
from annotation.rounds.services import project_pause, project_resume, project_start, round_close_now, round_retry
from annotation.rounds.views.errors import ERRORS

STATE: dict[int, Any] = {200: StateSerializer, **ERRORS}
ROUND: dict[int, Any] = {200: RoundDetailSerializer, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}


def _state(project: Project) -> Response:
    return Response({"project": project.slug, "state": project.state})


class StartView(APIView):
    """Starting a project."""

    @extend_schema(operation_id="project_start", tags=["rounds"], request=None, responses=STATE)
    def post(self, request: Request, slug: str) -> Response:
        """Fix the validation pool, take the seeds into the repository, train stage I."""
        return _state(project_start(project=project_get(user=person_of(request), slug=slug), actor=person_of(request)))


class PauseView(APIView):
    """Pausing a project."""

    @extend_schema(operation_id="project_pause", tags=["rounds"], request=None, responses=STATE)
    def post(self, request: Request, slug: str) -> Response:
        """Nothing new is started and no task is handed out; running jobs end and are kept."""
        return _state(project_pause(project=project_get(user=person_of(request), slug=slug), actor=person_of(request)))


class ResumeView(APIView):
    """Going on."""

    @extend_schema(operation_id="project_resume", tags=["rounds"], request=None, responses=STATE)
    def post(self, request: Request, slug: str) -> Response:
        """Go on where it was paused."""
        return _state(project_resume(project=project_get(user=person_of(request), slug=slug), actor=person_of(request)))


class RoundRetryView(APIView):
    """Trying a failed step again."""

    @extend_schema(operation_id="round_retry", tags=["rounds"], request=None, responses=ROUND)
    def post(self, request: Request, round_id: UUID) -> Response:
        """Run the failed step again: its failed jobs alone where it has any."""
        round_retry(round_=round_get(user=person_of(request), round_id=round_id), actor=person_of(request))
        return Response(round_detail(round_get(user=person_of(request), round_id=round_id), user=person_of(request)))


class RoundCloseView(APIView):
    """Closing a reviewed round."""

    @extend_schema(operation_id="round_close", tags=["rounds"], request=None, responses=ROUND)
    def post(self, request: Request, round_id: UUID) -> Response:
        """Do not wait for the grace period: all tasks are settled and nobody wants to undo."""
        round_close_now(round_=round_get(user=person_of(request), round_id=round_id), actor=person_of(request))
        return Response(round_detail(round_get(user=person_of(request), round_id=round_id), user=person_of(request)))
