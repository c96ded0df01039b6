"""Projects, their guides and the protocols to choose from."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.permissions import can_create_projects
from annotation.accounts.requests import person_of
from annotation.common.errors import Missing, NotAllowed
from annotation.projects.models import Project
from annotation.projects.permissions import visible_projects
from annotation.projects.selectors import guide_latest, project_get, protocols_describe
from annotation.projects.serializers import (
    GuideSerializer,
    ProjectCreateSerializer,
    ProjectDetailSerializer,
    ProjectSerializer,
    ProtocolSerializer,
)
from annotation.projects.services import guide_write, project_create, protocol_resolve


class ProjectsView(generics.ListAPIView):
    """Projects in which I have a role."""

    serializer_class = ProjectSerializer
    queryset = Project.objects.none()

    def get_queryset(self) -> QuerySet[Project]:
        """Oldest first."""
        return visible_projects(person_of(self.request)).order_by("created_at")

    @extend_schema(operation_id="projects_list", tags=["projects"])
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
        data = ProjectCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        protocol = protocol_resolve(
            name=values.pop("protocol"), target=values["target"], overrides=values.pop("overrides")
        )
        project = project_create(**values, protocol=protocol, actor=person_of(request))
        return Response(ProjectDetailSerializer(project, context={"request": request}).data, status=201)


class ProjectView(APIView):
    """One project."""

    @extend_schema(operation_id="project", tags=["projects"], responses=ProjectDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """State, target, convention, protocol and my roles."""
        project = project_get(user=person_of(request), slug=slug)
        return Response(ProjectDetailSerializer(project, context={"request": request}).data)


class GuideView(APIView):
    """What reviewers are told to draw."""

    @extend_schema(operation_id="guide", tags=["projects"], responses=GuideSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The newest version."""
        guide = guide_latest(project_get(user=person_of(request), slug=slug))
        if guide is None:
            raise Missing("this project has no drawing guide yet", remedy="an admin writes one")
        return Response(GuideSerializer(guide).data)

    @extend_schema(
        operation_id="guide_write", tags=["projects"], request=GuideSerializer, responses={201: GuideSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """A new version, by an admin."""
        project = project_get(user=person_of(request), slug=slug)
        data = GuideSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        guide = guide_write(project, text=data.validated_data["text"], author=person_of(request))
        return Response(GuideSerializer(guide).data, status=201)


class ProtocolsView(APIView):
    """Protocols to choose from."""

    @extend_schema(operation_id="protocols_list", tags=["projects"], responses=ProtocolSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every protocol with its parameters, their defaults and what they mean."""
        return Response(protocols_describe())
