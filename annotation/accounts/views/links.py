"""Password links over REST. The secret travels in the body: addresses stand in logs."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.accounts.serializers.people import (
    PasswordLinkLookSerializer,
    PasswordLinkOwnerSerializer,
    PasswordLinkUseSerializer,
)
from annotation.accounts.services import password_link_read, password_link_use
from annotation.accounts.views.door import DoorView


class PasswordLinkLookView(DoorView):
    """Whose password a link sets."""

    @extend_schema(
        operation_id="password_link_look",
        tags=["people"],
        request=PasswordLinkLookSerializer,
        responses=PasswordLinkOwnerSerializer,
    )
    def post(self, request: Request) -> Response:
        """The name, for the page that asks for the password."""
        data = PasswordLinkLookSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        row = password_link_read(data.validated_data["secret"])
        body = {
            "username": row.user.username,
            "expires_at": row.expires_at,
            "password_min_length": settings.PASSWORD_MIN_LENGTH,
        }
        return Response(PasswordLinkOwnerSerializer(body).data)


class PasswordLinkView(DoorView):
    """Use a link."""

    @extend_schema(
        operation_id="password_link_use", tags=["people"], request=PasswordLinkUseSerializer, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """Set the password; then sign in with it."""
        data = PasswordLinkUseSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        password_link_use(data.validated_data["secret"], password=data.validated_data["new_password"])
        return Response(status=204)
