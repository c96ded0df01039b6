"""What reviewers do, over REST."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.common.bodies import JSONParser
from annotation.reviews.selectors import task_payload
from annotation.reviews.serializers import (
    AdjudicationSerializer,
    CorrectionSerializer,
    ReceiptSerializer,
    ReportSerializer,
    SelectionSerializer,
    TaskSerializer,
    UndoSerializer,
    VerdictSerializer,
    VerificationSerializer,
)
from annotation.reviews.services import (
    Receipt,
    Submission,
    act_withdraw,
    adjudication_submit,
    correction_submit,
    report_submit,
    selection_submit,
    verdict_submit,
    verification_submit,
)
from annotation.reviews.views.errors import ERRORS

COMMON = ("idempotency_key", "lease_token", "active_seconds")


class ActView(APIView):
    """Base: reads what was sent, calls the service, answers with the receipt."""

    scope_to_write = Scope.REVIEW

    parser_classes = [JSONParser, MultiPartParser]
    serializer_class: ClassVar[type[Serializer]]

    def act(self, request: Request, task_id: UUID) -> tuple[Submission, dict[str, Any]]:
        """The submission, and what is particular to the kind of act; ``mask`` becomes ``png`` bytes."""
        data = self.serializer_class(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        common = {name: values.pop(name) for name in COMMON}
        if "mask" in values:
            upload = values.pop("mask")
            values["png"] = upload.read() if upload is not None else None
        return Submission(actor=person_of(request), task_id=task_id, **common), values


def receipt(result: Receipt) -> Response:
    """201 for a new act, 200 for one that was sent before."""
    return Response(
        {
            "act": str(result.act.pk),
            "counts": result.counts,
            "repeated": result.repeated,
            "message": result.message,
            "task": {"id": str(result.task.pk), "state": result.task.state},
            "follow_up": task_payload(result.follow_up) if result.follow_up else None,
        },
        status=200 if result.repeated else 201,
    )


RECEIPTS: dict[int, Any] = {200: ReceiptSerializer, 201: ReceiptSerializer, **ERRORS}


class VerdictView(ActView):
    """Stage II's verdicts."""

    serializer_class = VerdictSerializer

    @extend_schema(operation_id="verdict", tags=["queue"], request=VerdictSerializer, responses=RECEIPTS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """Accept, reject, unsure or exclude. A reject answers with the correction task as ``follow_up``."""
        submission, values = self.act(request, task_id)
        return receipt(verdict_submit(submission=submission, **values))


class CorrectionView(ActView):
    """Corrections."""

    serializer_class = CorrectionSerializer

    @extend_schema(
        operation_id="correction",
        tags=["queue"],
        request={"application/json": CorrectionSerializer, "multipart/form-data": CorrectionSerializer},
        responses=RECEIPTS,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """The corrected mask as PNG at the film's own size settles the film; or exclude it, or ask an MD."""
        submission, values = self.act(request, task_id)
        start = values.pop("start")
        return receipt(correction_submit(submission=submission, start_mask_id=start, **values))


class AdjudicationView(ActView):
    """MDs' decisions on unsure films."""

    serializer_class = AdjudicationSerializer

    @extend_schema(
        operation_id="adjudication",
        tags=["queue"],
        request={"application/json": AdjudicationSerializer, "multipart/form-data": AdjudicationSerializer},
        responses=RECEIPTS,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Accept, advise the correction, draw, exclude, or ask another MD."""
        submission, values = self.act(request, task_id)
        return receipt(adjudication_submit(submission=submission, **values))


class SelectionView(ActView):
    """Stage III's blind choice."""

    serializer_class = SelectionSerializer

    @extend_schema(operation_id="selection", tags=["queue"], request=SelectionSerializer, responses=RECEIPTS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """Pick the best candidate, or deny all."""
        submission, values = self.act(request, task_id)
        return receipt(selection_submit(submission=submission, **values))


class VerificationView(ActView):
    """Stage IV's last look."""

    serializer_class = VerificationSerializer

    @extend_schema(
        operation_id="verification",
        tags=["queue"],
        request={"application/json": VerificationSerializer, "multipart/form-data": VerificationSerializer},
        responses=RECEIPTS,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Confirm the final mask, or correct it."""
        submission, values = self.act(request, task_id)
        return receipt(verification_submit(submission=submission, **values))


class ReportView(ActView):
    """Films that cannot be loaded."""

    serializer_class = ReportSerializer

    @extend_schema(operation_id="report", tags=["queue"], request=ReportSerializer, responses=RECEIPTS)
    def post(self, request: Request, task_id: UUID) -> Response:
        """The film cannot be loaded: the task is set aside for an admin, and I go on with the next one."""
        submission, values = self.act(request, task_id)
        return receipt(report_submit(submission=submission, **values))


class UndoView(APIView):
    """Taking an act back."""

    scope_to_write = Scope.REVIEW

    @extend_schema(
        operation_id="undo",
        tags=["queue"],
        request=UndoSerializer,
        responses={200: TaskSerializer, 404: ERRORS[404], 409: ERRORS[409]},
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Take my last act on this task back while its round is open; the task is mine again."""
        data = UndoSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        task = act_withdraw(actor=person_of(request), task_id=task_id, **data.validated_data)
        return Response(task_payload(task))
