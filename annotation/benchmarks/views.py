"""Benchmarks over REST, for researchers and admins."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.models import User
from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.benchmarks.models import BenchmarkRun
from annotation.benchmarks.selectors import (
    benchmark_detail,
    benchmark_get,
    benchmark_summary,
    benchmarks_of,
    report_file,
    report_files,
)
from annotation.benchmarks.serializers import (
    BenchmarkDetailSerializer,
    BenchmarkSerializer,
    BenchmarkStartSerializer,
    ConfigSerializer,
)
from annotation.benchmarks.services import benchmark_cancel, benchmark_retry, benchmark_start
from annotation.benchmarks.wishes import config_facts
from annotation.common.audit import audit_seen
from annotation.common.pagination import Pagination
from annotation.exports.selectors import dataset_researched
from annotation.projects.guards import require_research
from annotation.projects.selectors import project_get
from annotation.rounds.views.errors import ERRORS
from mlbackend.contracts import BENCHMARK_CONFIGS, REPORT_PAGE, REPORT_PREFIX, BenchmarkWish

RUN: dict[int, Any] = {200: BenchmarkDetailSerializer, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-downloads"
"""The report is a page without scripts that loads nothing; it is kept from everything of this site all the same."""
PAGE = REPORT_PAGE.removeprefix(REPORT_PREFIX)
TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
}


def _audit(action: str, run: BenchmarkRun, user: User) -> None:
    """Its pages show films: who has them is told once an hour."""
    audit_seen(action, "benchmarks.benchmarkrun", run.pk, actor=user, project_id=run.project_id)


class BenchmarkConfigsView(APIView):
    """What can be run."""

    @extend_schema(operation_id="benchmark_configs", tags=["benchmarks"], responses={200: ConfigSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """The benchmarks that come with the project."""
        return Response([config_facts(name) for name in BENCHMARK_CONFIGS])


class BenchmarksView(APIView):
    """Benchmarks of a project."""

    pagination_class = Pagination

    @extend_schema(
        operation_id="benchmarks_list",
        tags=["benchmarks"],
        responses={200: BenchmarkSerializer(many=True), 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        project = project_get(user=person_of(request), slug=slug)
        require_research(person_of(request), project)
        pages = Pagination()
        page = (
            pages.paginate_queryset(benchmarks_of(user=person_of(request), project=project), request, view=self) or []
        )
        return pages.get_paginated_response([benchmark_summary(run) for run in page])

    @extend_schema(
        operation_id="benchmark_start",
        tags=["benchmarks"],
        request=BenchmarkStartSerializer,
        responses={201: BenchmarkDetailSerializer, **ERRORS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Run one on a frozen version. Training workers share its steps; other jobs come in between."""
        data = BenchmarkStartSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        version = dataset_researched(user=person_of(request), slug=slug, number=values.pop("version"))
        run = benchmark_start(version=version, wish=BenchmarkWish(**values), actor=person_of(request))
        return Response(benchmark_detail(run), status=201)


class BenchmarkView(APIView):
    """One benchmark."""

    @extend_schema(operation_id="benchmark", tags=["benchmarks"], responses=RUN)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Its steps, how far they are, and the figures of its report."""
        return Response(benchmark_detail(benchmark_get(user=person_of(request), slug=slug, number=number)))


class BenchmarkCancelView(APIView):
    """Stopping."""

    @extend_schema(operation_id="benchmark_cancel", tags=["benchmarks"], request=None, responses=RUN)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Stop it at the next step; what its networks have learnt is kept."""
        run = benchmark_get(user=person_of(request), slug=slug, number=number)
        return Response(benchmark_detail(benchmark_cancel(run=run, actor=person_of(request))))


class BenchmarkRetryView(APIView):
    """Going on."""

    @extend_schema(operation_id="benchmark_retry", tags=["benchmarks"], request=None, responses=RUN)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Go on with a cancelled one, or try again what failed, from the last checkpoints."""
        run = benchmark_get(user=person_of(request), slug=slug, number=number)
        return Response(benchmark_detail(benchmark_retry(run=run, actor=person_of(request))))


class BenchmarkReportView(APIView):
    """The report."""

    scope_to_read = Scope.EXPORT

    @extend_schema(operation_id="benchmark_report", tags=["benchmarks"], responses={302: None, 404: ERRORS[404]})
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        """To its page, whose links to tables and figures lead to files beside it."""
        benchmark_get(user=person_of(request), slug=slug, number=number)
        return redirect("benchmark-report-file", slug=slug, number=number, path=PAGE)


class BenchmarkReportFileView(APIView):
    """A file of the report."""

    scope_to_read = Scope.EXPORT

    @extend_schema(
        operation_id="benchmark_report_file",
        tags=["benchmarks"],
        responses={(200, "text/html"): OpenApiTypes.STR, 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str, number: int, path: str) -> HttpResponse:
        """``index.html``, whole in itself; ``report.json``, tables as CSV and LaTeX, figures as SVG."""
        run = benchmark_get(user=person_of(request), slug=slug, number=number)
        _audit("benchmark.read", run, person_of(request))
        kind = TYPES.get(path.rpartition(".")[2], "text/plain; charset=utf-8")
        response = HttpResponse(report_file(run, path), content_type=kind)
        response["Content-Security-Policy"] = SANDBOX
        response["Cache-Control"] = "private, no-store"
        return response


class BenchmarkFilesView(APIView):
    """The report's files."""

    scope_to_read = Scope.EXPORT

    @extend_schema(
        operation_id="benchmark_files", tags=["benchmarks"], responses={(200, "application/zip"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        """Page, report.json, tables as CSV and LaTeX, figures as SVG: one ZIP."""
        run = benchmark_get(user=person_of(request), slug=slug, number=number)
        content, files = io.BytesIO(), report_files(run)
        _audit("benchmark.download", run, person_of(request))
        name = f"{slug}-v{run.version.number}-benchmark-{run.number}"
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files:
                archive.writestr(f"{name}/{path}", data)
        response = HttpResponse(content.getvalue(), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
        response["Cache-Control"] = "private, no-store"
        return response
