"""Withdrawals and pseudonyms over REST, for admins. Identifiers travel in bodies, never in addresses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.privacy.selectors import pseudonym_look_up, withdrawal_preview, withdrawal_told, withdrawals_of
from annotation.privacy.serializers import (
    IdentifierSerializer,
    PseudonymRequestSerializer,
    PseudonymSerializer,
    WithdrawalPreviewSerializer,
    WithdrawalRequestSerializer,
    WithdrawalSerializer,
)
from annotation.privacy.services import patient_withdraw
from annotation.projects.guards import require_admin
from annotation.projects.selectors import project_get

REFUSALS: dict[int, Any] = {
    403: OpenApiResponse(description="not an admin of every project that holds the patient"),
    404: OpenApiResponse(description="no such patient in this project"),
}


class WithdrawalsView(APIView):
    """Patients taken out."""

    @extend_schema(operation_id="withdrawals", tags=["privacy"], responses=WithdrawalSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Withdrawals of the project, newest first, with versions, networks and benchmarks that they touched."""
        project = project_get(user=person_of(request), slug=slug)
        found = withdrawals_of(project=project, user=person_of(request))
        return Response(WithdrawalSerializer(found, many=True).data)

    @extend_schema(
        operation_id="patient_withdraw",
        tags=["privacy"],
        request=WithdrawalRequestSerializer,
        responses={200: WithdrawalSerializer, **REFUSALS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take a patient out of all projects, for good. Sent twice it is done once."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = WithdrawalRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        made = patient_withdraw(actor=person_of(request), project=project, **data.validated_data)
        return Response(WithdrawalSerializer(withdrawal_told(made, project)).data)


class WithdrawalPreviewView(APIView):
    """Before a withdrawal."""

    @extend_schema(
        operation_id="withdrawal_preview",
        tags=["privacy"],
        request=IdentifierSerializer,
        responses={200: WithdrawalPreviewSerializer, **REFUSALS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """What would go, and what would have to be made anew; changes nothing."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = IdentifierSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        found = withdrawal_preview(project=project, user=person_of(request), **data.validated_data)
        return Response(WithdrawalPreviewSerializer(found).data)


class PseudonymView(APIView):
    """Who has a pseudonym."""

    @extend_schema(
        operation_id="pseudonym_look_up",
        tags=["privacy"],
        request=PseudonymRequestSerializer,
        responses={200: PseudonymSerializer, **REFUSALS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """The patient's own identifier and films in this project, for admins; the audit log keeps who asked."""
        project = project_get(user=person_of(request), slug=slug)
        require_admin(person_of(request), project)
        data = PseudonymRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        found = pseudonym_look_up(project=project, told=data.validated_data["pseudonym"], user=person_of(request))
        response = Response(PseudonymSerializer(found).data)
        response["Cache-Control"] = "private, no-store"
        return response
