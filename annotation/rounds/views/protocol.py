"""A project's protocol, and the part of it that may still change."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_admin
from annotation.projects.models import Project
from annotation.projects.selectors import project_get, protocol_told
from annotation.projects.serializers import ProjectProtocolSerializer, TrainingChangeSerializer
from annotation.rounds.services import training_change, training_fixed
from annotation.rounds.views.errors import ERRORS


def _told(project: Project) -> Response:
    return Response({**protocol_told(project), "training_fixed": training_fixed(project)})


class ProjectProtocolView(APIView):
    """By which numbers a project works."""

    @extend_schema(
        operation_id="project_protocol",
        tags=["projects"],
        responses={200: ProjectProtocolSerializer, 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Each parameter with its meaning, the project's value and the paper's; for all members."""
        return _told(project_get(user=person_of(request), slug=slug))


CHANGED: dict[int, Any] = {200: ProjectProtocolSerializer, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}


class TrainingView(APIView):
    """How a project's networks are trained."""

    @extend_schema(
        operation_id="training_change", tags=["projects"], request=TrainingChangeSerializer, responses=CHANGED
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change training settings, by an admin, until a project's first networks are trained; 409 says why not."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = TrainingChangeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        training_change(project=project, changes=dict(data.validated_data), actor=person_of(request))
        return _told(project)
