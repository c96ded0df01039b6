"""Imports over REST: by upload, their reports, and what an upload may hold."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.common.errors import InvalidInput
from annotation.images.requests import person
from annotation.masks.reports import import_get, imports_list, limits, report_for
from annotation.masks.serializers import (
    ImportEntrySerializer,
    ImportLimitsSerializer,
    ImportReportSerializer,
    ImportRequestSerializer,
)
from annotation.masks.services import import_take_back
from annotation.masks.services.archive import MAX_TOTAL_BYTES, archive_unpack
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.guards import require_admin
from annotation.projects.models import Project
from annotation.projects.selectors import project_get


def _project(request: Request, slug: str) -> Project:
    project = project_get(user=person(request), slug=slug)
    require_admin(person(request), project)
    return project


class ImportsView(APIView):
    """Import by upload."""

    parser_classes = [MultiPartParser]
    largest_body = MAX_TOTAL_BYTES

    @extend_schema(operation_id="imports_list", tags=["images"], responses=ImportEntrySerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The newest imports with their counts, for admins."""
        return Response(ImportEntrySerializer(imports_list(_project(request, slug)), many=True).data)

    @extend_schema(
        operation_id="images_import",
        tags=["images"],
        request={"multipart/form-data": ImportRequestSerializer},
        responses=ImportReportSerializer,
        description="The answer is 200 also where rows had errors: counts and problems say which stayed out.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Import the films of a ZIP that holds manifest.csv and the files it names, for admins."""
        project = _project(request, slug)
        data = ImportRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = data.validated_data
        where = {}
        for condition in values["where"]:
            column, equals, value = condition.partition("=")
            if not equals or not column:
                raise InvalidInput(
                    f"{condition!r} is no condition", field="where", value=condition, remedy="write column=value"
                )
            where[column.strip()] = value.strip()
        with tempfile.TemporaryDirectory(prefix="import-") as folder:
            report = manifest_import(
                project=project,
                manifest=archive_unpack(values["file"], Path(folder)),
                role=values["role"],
                where=where,
                actor=person(request),
                convention=values["convention"],
                override_reason=values["override_reason"],
            )
        return Response(ImportReportSerializer(report_for(person(request), project, report.to_json())).data)


class ImportView(APIView):
    """One import."""

    @extend_schema(operation_id="import_report", tags=["images"], responses=ImportReportSerializer)
    def get(self, request: Request, slug: str, import_id: UUID) -> Response:
        """Its report, for admins."""
        project = _project(request, slug)
        report = report_for(person(request), project, import_get(project, import_id))
        return Response(ImportReportSerializer(report).data)


class ImportTakeBackView(APIView):
    """An import that was a mistake."""

    @extend_schema(
        operation_id="import_take_back", tags=["images"], request=None, responses=ImportEntrySerializer(many=True)
    )
    def post(self, request: Request, slug: str, import_id: UUID) -> Response:
        """Its films and masks leave the project while nobody has used them; answers with all imports."""
        project = project_get(user=person(request), slug=slug)
        import_take_back(project=project, import_id=import_id, actor=person(request))
        return Response(ImportEntrySerializer(imports_list(project), many=True).data)


class ImportLimitsView(APIView):
    """Limits of an upload."""

    @extend_schema(operation_id="import_limits", tags=["images"], responses=ImportLimitsSerializer)
    def get(self, request: Request) -> Response:
        """How many files, bytes and pixels are taken."""
        return Response(limits())
