"""One task and its lease."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.reviews.models import ReviewTask
from annotation.reviews.selectors import held_task, task_payload
from annotation.reviews.serializers import LeaseSerializer, TaskSerializer
from annotation.reviews.services import task_heartbeat, task_open, task_release
from annotation.reviews.views.errors import ERRORS

LEASE_ANSWERS: dict[int, Any] = {200: LeaseSerializer, 404: ERRORS[404], 409: ERRORS[409]}


def _lease(task: ReviewTask) -> Response:
    return Response(
        {
            "id": str(task.pk),
            "state": task.state,
            "lease_expires_at": task.lease_expires_at,
            "opened_at": task.opened_at,
        }
    )


class TaskView(APIView):
    """A task that I hold."""

    @extend_schema(operation_id="task", tags=["queue"], responses={200: TaskSerializer, 404: ERRORS[404]})
    def get(self, request: Request, task_id: UUID) -> Response:
        """The task again, after a reload of the page."""
        return Response(task_payload(held_task(user=person_of(request), task_id=task_id)))


class OpenView(APIView):
    """Looking at a task."""

    scope_to_write = Scope.REVIEW

    @extend_schema(operation_id="task_open", tags=["queue"], request=None, responses=LEASE_ANSWERS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """I look at the task: nobody takes it over before the lease ends."""
        return _lease(task_open(user=person_of(request), task_id=task_id))


class HeartbeatView(APIView):
    """Staying at a task."""

    scope_to_write = Scope.REVIEW

    @extend_schema(operation_id="task_heartbeat", tags=["queue"], request=None, responses=LEASE_ANSWERS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """Renew the lease."""
        return _lease(task_heartbeat(user=person_of(request), task_id=task_id))


class ReleaseView(APIView):
    """Leaving a task."""

    scope_to_write = Scope.REVIEW

    @extend_schema(operation_id="task_release", tags=["queue"], request=None, responses=LEASE_ANSWERS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """Give the task back to the queue."""
        return _lease(task_release(user=person_of(request), task_id=task_id))
