"""Masks and imports over REST."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.common.errors import InvalidInput
from annotation.images.pictures import AnyAccept, png_response
from annotation.images.requests import person
from annotation.masks.selectors import display_png, mask_get, mask_lineage
from annotation.masks.serializers import ImportReportSerializer, ImportRequestSerializer, MaskLineageSerializer
from annotation.masks.services.archive import archive_unpack
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.guards import require_admin, require_research
from annotation.projects.selectors import project_get


class MaskPixelsView(APIView):
    """A mask's pixels. Its headers are the same for every mask but for its random id and length."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="mask_pixels",
        tags=["masks"],
        responses={
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, description="1-bit PNG, white is foreground"),
            304: OpenApiResponse(description="the viewer's copy is good"),
        },
    )
    def get(self, request: Request, mask_id: UUID) -> HttpResponse:
        """A 1-bit PNG at the film's own resolution."""
        mask = mask_get(user=person(request), mask_id=mask_id)
        return png_response(request, str(mask.pk), lambda: display_png(mask))


class MaskLineageView(APIView):
    """Where a mask comes from."""

    @extend_schema(operation_id="mask_lineage", tags=["masks"], responses=MaskLineageSerializer)
    def get(self, request: Request, slug: str, mask_id: UUID) -> Response:
        """Network, author, job and all ancestors of a mask, for researchers and admins."""
        project = project_get(user=person(request), slug=slug)
        require_research(person(request), project)
        return Response(
            MaskLineageSerializer(mask_lineage(project=project, mask_id=mask_id, user=person(request))).data
        )


class ImportsView(APIView):
    """Import by upload."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="images_import",
        tags=["images"],
        request={"multipart/form-data": ImportRequestSerializer},
        responses=ImportReportSerializer,
        description="The answer is 200 also where rows had errors: counts and problems say which stayed out.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Import the films of a ZIP that holds manifest.csv and the files it names, for admins."""
        project = project_get(user=person(request), slug=slug)
        require_admin(person(request), project)
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
        return Response(ImportReportSerializer(report.to_json()).data)
