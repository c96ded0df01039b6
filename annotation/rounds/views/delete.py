"""Deleting a project. Here and not in ``projects``, which knows nothing of the work that forbids it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_admin
from annotation.projects.selectors import project_get
from annotation.projects.serializers import ProjectDeleteSerializer
from annotation.rounds.services import project_delete
from annotation.rounds.views.errors import ERRORS


class ProjectDeleteView(APIView):
    """A project that nobody worked in."""

    @extend_schema(
        operation_id="project_delete",
        tags=["projects"],
        request=ProjectDeleteSerializer,
        responses={204: None, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Delete it, by an admin who types its short name; 409 where it holds anybody's work, which archiving keeps."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = ProjectDeleteSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        project_delete(project=project, actor=person_of(request), **data.validated_data)
        return Response(status=204)
