"""The queue of a project."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.projects.selectors import project_get
from annotation.reviews.selectors import queue_counts, task_payloads
from annotation.reviews.serializers import NextSerializer, QueueSerializer, TasksSerializer
from annotation.reviews.services import tasks_next
from annotation.reviews.views.errors import ERRORS


class QueueView(APIView):
    """What waits."""

    @extend_schema(operation_id="queue", tags=["queue"], responses={200: QueueSerializer, 403: ERRORS[403]})
    def get(self, request: Request, slug: str) -> Response:
        """How many tasks of each kind wait for me."""
        return Response(queue_counts(user=person_of(request), project=project_get(user=person_of(request), slug=slug)))


class NextView(APIView):
    """The next tasks."""

    scope_to_write = Scope.REVIEW

    @extend_schema(
        operation_id="queue_next", tags=["queue"], request=NextSerializer, responses={200: TasksSerializer, **ERRORS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Lease up to ``count`` tasks to me, those I hold first. An empty list: nothing waits for me now.

        A prefetched task may be taken over by a colleague until I open it.
        """
        data = NextSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        project = project_get(user=person_of(request), slug=slug)
        tasks = tasks_next(user=person_of(request), project=project, **data.validated_data)
        return Response({"tasks": task_payloads(tasks)})
