"""Jobs of a project, for its admins. Here and not in ``jobs``, which knows no projects and so no roles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.common.pagination import Pagination
from annotation.jobs.line import Line
from annotation.jobs.services import job_cancel, job_retry
from annotation.projects.guards import require_admin
from annotation.projects.selectors import project_get
from annotation.rounds.models import StepState
from annotation.rounds.selectors import job_detail, job_get, job_summary, jobs_light
from annotation.rounds.serializers import JobDetailSerializer, JobSerializer, ReasonSerializer
from annotation.rounds.services import round_retry
from annotation.rounds.views.errors import ERRORS

JOB: dict[int, Any] = {200: JobDetailSerializer, 403: ERRORS[403], 404: ERRORS[404], 409: ERRORS[409]}


class JobsView(APIView):
    """Jobs of a project."""

    pagination_class = Pagination

    @extend_schema(
        operation_id="jobs_list",
        tags=["jobs"],
        responses={200: JobSerializer(many=True), 403: ERRORS[403], 404: ERRORS[404]},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Newest first; ``limit`` and ``offset`` page through them."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        pages = Pagination()
        jobs = jobs_light().filter(project_id=project.pk).order_by("-created_at", "pk")
        line = Line()
        page = pages.paginate_queryset(jobs, request, view=self) or []
        return pages.get_paginated_response([job_summary(job, line=line) for job in page])


class JobView(APIView):
    """One job."""

    @extend_schema(operation_id="job", tags=["jobs"], responses=JOB)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Its progress and the changes of its state."""
        job, _ = job_get(user=person_of(request), job_id=job_id)
        return Response(job_detail(job))


class JobCancelView(APIView):
    """Stopping a job."""

    @extend_schema(operation_id="job_cancel", tags=["jobs"], request=ReasonSerializer, responses=JOB)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel it; its worker stops at the next step, and its round fails with these words until it is retried."""
        data = ReasonSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        job, _ = job_get(user=person_of(request), job_id=job_id)
        job_cancel(job.pk, actor=person_of(request), reason=data.validated_data["reason"])
        job.refresh_from_db()
        return Response(job_detail(job))


class JobRetryView(APIView):
    """Trying a job again."""

    @extend_schema(operation_id="job_retry", tags=["jobs"], request=None, responses=JOB)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Try a failed or cancelled job again; a round that has failed by it goes on with all its failed jobs."""
        job, _ = job_get(user=person_of(request), job_id=job_id)
        failed = job.steps.filter(state=StepState.FAILED).select_related("round__project").first()
        if failed is not None:
            round_retry(round_=failed.round, actor=person_of(request))
        else:
            job_retry(job.pk, actor=person_of(request))
        job.refresh_from_db()
        return Response(job_detail(job))
