"""A project's people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.models import User
from annotation.accounts.requests import person_of
from annotation.common.errors import InvalidInput, Missing
from annotation.projects.guards import require_admin
from annotation.projects.models import Membership, Project
from annotation.projects.selectors import project_get
from annotation.projects.serializers import MembershipCreateSerializer, MembershipSerializer
from annotation.projects.services import member_add, member_remove


def _administered(request: Request, slug: str) -> Project:
    project = project_get(user=person_of(request), slug=slug)
    require_admin(person_of(request), project)
    return project


class MembersView(generics.ListAPIView):
    """Members with their roles, for admins."""

    serializer_class = MembershipSerializer
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        """By name and role."""
        project = _administered(self.request, self.kwargs["slug"])
        return project.memberships.select_related("user").order_by("user__username", "role")

    @extend_schema(operation_id="members_list", tags=["projects"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List members."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="member_add",
        tags=["projects"],
        request=MembershipCreateSerializer,
        responses={201: MembershipSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Give a person a role."""
        project = _administered(request, slug)
        data = MembershipCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        username = data.validated_data["username"]
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise InvalidInput(
                f"nobody has the name {username!r}", field="username", value=username, remedy="make an account first",
                code="no_account",
            )  # fmt: skip
        membership = member_add(project, user=user, role=data.validated_data["role"], actor=person_of(request))
        return Response(MembershipSerializer(membership).data, status=201)


class MemberView(APIView):
    """One role of one person."""

    @extend_schema(operation_id="member_remove", tags=["projects"], responses={204: None})
    def delete(self, request: Request, slug: str, member_id: UUID) -> Response:
        """Take the role away."""
        project = _administered(request, slug)
        membership = project.memberships.filter(pk=member_id).select_related("user").first()
        if membership is None:
            raise Missing("no such member of this project", field="member", value=str(member_id))
        member_remove(project, user=membership.user, role=membership.role, actor=person_of(request))
        return Response(status=204)
