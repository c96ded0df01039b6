"""The audit log over REST: of a project for its admins, of the installation for superusers."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.common.audit import audit_record
from annotation.common.models import AuditEvent
from annotation.common.pagination import Pagination
from annotation.common.serializers import RequestSerializer
from annotation.images.audit import audit_csv, audit_events, audit_row
from annotation.images.requests import person
from annotation.projects.models import Project
from annotation.projects.selectors import project_get


class AuditFilterSerializer(RequestSerializer):
    """Which events."""

    person = serializers.CharField(required=False, allow_blank=True, max_length=150, help_text="user name")
    action = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="such as film.see, or its first word"
    )
    film = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False, help_text="from this time on")
    until = serializers.DateTimeField(required=False, help_text="before this time")


class AuditEventSerializer(serializers.Serializer):
    """Who did or saw what, when."""

    at = serializers.DateTimeField()
    person = serializers.CharField(allow_blank=True, help_text="user name; empty: nobody, or the platform itself")
    action = serializers.CharField()
    kind = serializers.CharField(help_text="of the object")
    object = serializers.CharField(allow_blank=True, help_text="its id")
    detail = serializers.DictField()


FILTERS = tuple(AuditFilterSerializer().fields)


def _project(request: Request, slug: str | None) -> Project | None:
    return project_get(user=person(request), slug=slug) if slug is not None else None


def _events(request: Request, project: Project | None, *, beside: tuple[str, ...] = ()) -> QuerySet[AuditEvent]:
    # Who may not read the log is told so whatever else is wrong with the request.
    audit_events(user=person(request), project=project)
    query = {name: value for name, value in request.query_params.dict().items() if name not in beside and value}
    asked = AuditFilterSerializer(data=query)
    asked.is_valid(raise_exception=True)
    return audit_events(user=person(request), project=project, **asked.validated_data)


class AuditView(APIView):
    """The log of the installation."""

    pagination_class = Pagination
    query_parameters = FILTERS

    @extend_schema(
        operation_id="audit",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        responses={200: AuditEventSerializer(many=True)},
    )
    def get(self, request: Request, slug: str | None = None) -> Response:
        """Newest first: acts, sign-ins, downloads, and who saw which film, once an hour; for superusers."""
        pages = Pagination()
        events = _events(request, _project(request, slug), beside=("limit", "offset"))
        page = pages.paginate_queryset(events, request, view=self) or []
        return pages.get_paginated_response([audit_row(event) for event in page])


class ProjectAuditView(AuditView):
    """The log of a project."""

    @extend_schema(
        operation_id="project_audit",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        responses={200: AuditEventSerializer(many=True)},
    )
    def get(self, request: Request, slug: str | None = None) -> Response:
        """Newest first: what was done in the project, downloads, and who saw which film, once an hour; for admins."""
        return super().get(request, slug)


class AuditDownloadView(APIView):
    """The installation's log as a file."""

    @extend_schema(
        operation_id="audit_download",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str | None = None) -> StreamingHttpResponse:
        """All events that the filters let through, as CSV, newest first; for superusers."""
        project = _project(request, slug)
        events = _events(request, project)
        audit_record(
            "audit.download", project or AuditEvent, actor=person(request),
            project_id=project.pk if project else None, asked=request.query_params.dict(),
        )  # fmt: skip
        response = StreamingHttpResponse(audit_csv(events), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{f"{project.slug}-" if project else ""}audit.csv"'
        return response


class ProjectAuditDownloadView(AuditDownloadView):
    """A project's log as a file."""

    @extend_schema(
        operation_id="project_audit_download",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str | None = None) -> StreamingHttpResponse:
        """All events of the project that the filters let through, as CSV, newest first; for admins."""
        return super().get(request, slug)
