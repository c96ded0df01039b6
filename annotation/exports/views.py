"""Dataset versions over REST, for researchers and admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict
from annotation.exports.models import DatasetVersion
from annotation.exports.selectors import dataset_researched, datasets_of_film
from annotation.exports.serializers import (
    DatasetDetailSerializer,
    DatasetFreezeSerializer,
    DatasetSerializer,
    DownloadSerializer,
    FilmDatasetSerializer,
)
from annotation.exports.services import dataset_freeze, dataset_zip, labels_start
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.selectors import project_get
from annotation.reviews.permissions import reads_blind


def _researched(request: Request, slug: str) -> Project:
    project = project_get(user=person_of(request), slug=slug)
    require_research(person_of(request), project)
    return project


class FilmDatasetsView(APIView):
    """Versions that hold a film."""

    @extend_schema(operation_id="film_datasets", tags=["exports"], responses=FilmDatasetSerializer(many=True))
    def get(self, request: Request, slug: str, image_id: UUID) -> Response:
        """Frozen versions of the project that hold this film, oldest first.

        Who is also a reviewer gets it when the film's tasks are settled: reading is blind.
        """
        project = _researched(request, slug)
        if reads_blind(person_of(request), project, image_id):
            raise Conflict(
                "this film is being read, and you are one of its readers", code="reading_is_blind",
                remedy="look again when its tasks are settled",
            )  # fmt: skip
        return Response(FilmDatasetSerializer(datasets_of_film(project=project, image_id=image_id), many=True).data)


class DatasetsView(generics.ListAPIView):
    """Versions of a project."""

    scope_to_write = Scope.EXPORT

    serializer_class = DatasetSerializer
    queryset = DatasetVersion.objects.none()

    def get_queryset(self) -> QuerySet[DatasetVersion]:
        """Newest first."""
        project = _researched(self.request, self.kwargs["slug"])
        return DatasetVersion.objects.filter(project=project).select_related("created_by").order_by("-number")

    @extend_schema(operation_id="datasets_list", tags=["exports"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List versions."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="dataset_freeze",
        tags=["exports"],
        request=DatasetFreezeSerializer,
        responses={
            201: DatasetDetailSerializer,
            200: OpenApiResponse(DatasetDetailSerializer, description="nothing has changed since this version"),
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        """Freeze what is settled now. Sent twice it makes one version: the content decides."""
        project = _researched(request, slug)
        data = DatasetFreezeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        projects = [project, *(_researched(request, other) for other in values.pop("join"))]
        before = DatasetVersion.objects.filter(project=project).order_by("-number").first()
        version = dataset_freeze(projects=projects, actor=person_of(request), reuse=True, **values)
        status = 200 if before is not None and before.pk == version.pk else 201
        return Response(DatasetDetailSerializer(version).data, status=status)


class DatasetView(APIView):
    """One version."""

    @extend_schema(operation_id="dataset", tags=["exports"], responses=DatasetDetailSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Its figures."""
        return Response(
            DatasetDetailSerializer(dataset_researched(user=person_of(request), slug=slug, number=number)).data
        )


class DatasetLabelsView(APIView):
    """A version's label history."""

    scope_to_write = Scope.EXPORT

    @extend_schema(operation_id="dataset_labels_start", tags=["exports"], request=None, responses=DatasetSerializer)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Have the first network draw the films that it has not drawn yet; sent again, what failed is tried again."""
        version = dataset_researched(user=person_of(request), slug=slug, number=number)
        labels_start(version=version, actor=person_of(request))
        return Response(DatasetSerializer(version).data)


class ZipRenderer(BaseRenderer):
    """Lets a client ask for ``application/zip``; the view streams by itself, errors stay JSON."""

    media_type = "application/zip"
    format = "zip"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Errors only come this way."""
        return JSONRenderer().render(data)


class DatasetDownloadView(APIView):
    """A version's files."""

    scope_to_read = Scope.EXPORT

    renderer_classes = [JSONRenderer, ZipRenderer]

    @extend_schema(
        operation_id="dataset_download",
        tags=["exports"],
        parameters=[DownloadSerializer],
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            410: OpenApiResponse(description="films of it were withdrawn"),
        },
    )
    def get(self, request: Request, slug: str, number: int) -> StreamingHttpResponse:
        """All files as one ZIP stream."""
        query = DownloadSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        labels = query.validated_data["labels"]
        version = dataset_researched(user=person_of(request), slug=slug, number=number)
        content = dataset_zip(version, labels=labels)
        audit_record(
            "dataset.download", version, actor=person_of(request), project_id=version.project_id,
            number=version.number, labels=labels,
        )  # fmt: skip
        response = StreamingHttpResponse(content, content_type="application/zip")
        name = f"{version.project.slug}-v{version.number}{'-labels' if labels else ''}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response
