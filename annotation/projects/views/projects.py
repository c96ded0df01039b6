"""Projects, their guides and the protocols to choose from."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.permissions import can_create_projects
from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.common.errors import InvalidInput, Missing, NotAllowed
from annotation.projects.forms import project_read
from annotation.projects.models import DrawingGuide, Project
from annotation.projects.permissions import visible_projects
from annotation.projects.selectors import (
    guide_latest,
    guide_versions,
    project_get,
    protocols_describe,
    targets_describe,
)
from annotation.projects.serializers import (
    CurrentGuideSerializer,
    GuideReadSerializer,
    GuideSerializer,
    GuideWriteSerializer,
    ProjectCreateSerializer,
    ProjectDetailSerializer,
    ProjectSerializer,
    ProtocolSerializer,
    TargetSerializer,
)
from annotation.projects.services import (
    guide_mark_read,
    guide_write,
    project_archive,
    project_create,
    project_restore,
)


class ProjectsView(generics.ListAPIView):
    """Projects in which I have a role."""

    serializer_class = ProjectSerializer
    queryset = Project.objects.none()
    query_parameters = ("archived",)

    def get_queryset(self) -> QuerySet[Project]:
        """Oldest first."""
        archived = self.request.query_params.get("archived", "false")
        if archived not in ("true", "false"):
            raise InvalidInput(
                f"archived is {archived!r}", field="archived", value=archived, remedy="use true or false"
            )
        mine = visible_projects(person_of(self.request)).filter(archived_at__isnull=archived == "false")
        return mine.order_by("created_at")

    @extend_schema(
        operation_id="projects_list",
        tags=["projects"],
        parameters=[OpenApiParameter("archived", bool, description="those that were put away instead of those in use")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my projects."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="project_create",
        tags=["projects"],
        request=ProjectCreateSerializer,
        responses={201: ProjectDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Set a project up; I become its admin."""
        if not can_create_projects(person_of(request)):
            raise NotAllowed("only staff set projects up", remedy="ask whoever runs this installation")
        values, protocol = project_read(request.data)
        project = project_create(**values, protocol=protocol, actor=person_of(request))
        return Response(ProjectDetailSerializer(project, context={"request": request}).data, status=201)


class ProjectView(APIView):
    """One project."""

    @extend_schema(operation_id="project", tags=["projects"], responses=ProjectDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """State, target, convention, protocol and my roles."""
        project = project_get(user=person_of(request), slug=slug)
        return Response(ProjectDetailSerializer(project, context={"request": request}).data)


class ArchiveView(APIView):
    """Putting a project away."""

    @extend_schema(operation_id="project_archive", tags=["projects"], request=None, responses=ProjectDetailSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Hide it from lists and queues, by an admin; all stays readable at its address and exportable."""
        project = project_archive(project_get(user=person_of(request), slug=slug), actor=person_of(request))
        return Response(ProjectDetailSerializer(project, context={"request": request}).data)


class RestoreView(APIView):
    """Bringing a project back."""

    @extend_schema(operation_id="project_restore", tags=["projects"], request=None, responses=ProjectDetailSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """It goes on in the state in which it was archived."""
        project = project_restore(project_get(user=person_of(request), slug=slug), actor=person_of(request))
        return Response(ProjectDetailSerializer(project, context={"request": request}).data)


class GuideView(APIView):
    """What reviewers are told to draw."""

    @extend_schema(operation_id="guide", tags=["projects"], responses=CurrentGuideSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The newest version."""
        guide = guide_latest(project_get(user=person_of(request), slug=slug))
        if guide is None:
            raise Missing("this project has no drawing guide yet", remedy="an admin writes one")
        return Response(CurrentGuideSerializer(guide, context={"request": request}).data)

    @extend_schema(
        operation_id="guide_write", tags=["projects"], request=GuideWriteSerializer, responses={201: GuideSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """A new version, by an admin."""
        project = project_get(user=person_of(request), slug=slug)
        data = GuideWriteSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        guide = guide_write(project, author=person_of(request), **data.validated_data)
        return Response(GuideSerializer(guide).data, status=201)


class GuideVersionsView(generics.ListAPIView):
    """All versions of the guide."""

    serializer_class = GuideSerializer
    queryset = DrawingGuide.objects.none()

    def get_queryset(self) -> QuerySet[DrawingGuide]:
        """Newest first."""
        return guide_versions(project_get(user=person_of(self.request), slug=self.kwargs["slug"]))

    @extend_schema(operation_id="guide_versions", tags=["projects"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them with their texts, authors and dates."""
        return super().get(request, *args, **kwargs)


class GuideReadView(APIView):
    """What I have read."""

    scope_to_write = Scope.REVIEW

    @extend_schema(operation_id="guide_read", tags=["projects"], request=GuideReadSerializer, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """I have had this version before my eyes."""
        project = project_get(user=person_of(request), slug=slug)
        data = GuideReadSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        guide_mark_read(project, version=data.validated_data["version"], user=person_of(request))
        return Response(status=204)


class ProtocolsView(APIView):
    """Protocols to choose from."""

    @extend_schema(operation_id="protocols_list", tags=["projects"], responses=ProtocolSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every protocol with its parameters, their defaults and what they mean."""
        return Response(protocols_describe())


class TargetsView(APIView):
    """What a project can draw."""

    @extend_schema(operation_id="targets_list", tags=["projects"], responses=TargetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every target with its conventions."""
        return Response(targets_describe())
