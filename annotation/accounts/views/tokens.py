"""Tokens over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.models import ApiToken, User
from annotation.accounts.permissions import can_manage_people
from annotation.accounts.requests import person_of
from annotation.accounts.scopes import Scope
from annotation.accounts.serializers.tokens import IssuedTokenSerializer, TokenCreateSerializer, TokenSerializer
from annotation.accounts.services import credentials_check, second_step_check, token_issue, token_revoke
from annotation.common.errors import Missing, NotAllowed


class TokensView(generics.ListAPIView):
    """My tokens."""

    serializer_class = TokenSerializer
    # A token that could make another one would have no expiry and no limits.
    scope_to_write = None
    keep_answers = False
    """A token is shown once."""
    queryset = ApiToken.objects.none()

    def get_permissions(self) -> list[BasePermission]:
        """A token may be had by name and password, without a session."""
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Newest first."""
        return ApiToken.objects.filter(user_id=person_of(self.request).pk).order_by("-created_at")

    @extend_schema(operation_id="tokens_list", tags=["people"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my tokens, revoked ones too."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="token_issue",
        tags=["people"],
        request=TokenCreateSerializer,
        responses={201: IssuedTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """A new token, shown once."""
        data = TokenCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        if "username" in values:
            user = credentials_check(request._request, username=values["username"], password=values["password"])
            second_step_check(request._request, user, code=values["code"])
        elif isinstance(request.user, User):
            user = request.user
        else:
            raise serializers.ValidationError({"username": "sign in first, or send username and password"})
        days = values["expires_in_days"]
        token, row = token_issue(
            user,
            values["name"],
            scopes=values.get("scopes"),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        return Response({**TokenSerializer(row).data, "token": token}, status=201)


class TokenView(APIView):
    """One token: of mine, or anybody's for superusers."""

    # Any token may close itself; which ones a token may close is checked below.
    scope_to_write = Scope.READ

    @extend_schema(operation_id="token_revoke", tags=["people"], responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke it."""
        person = person_of(request)
        if isinstance(request.auth, ApiToken) and request.auth.pk != token_id:
            raise NotAllowed("a token revokes no token but itself", remedy="sign in by browser for it")
        tokens = ApiToken.objects.all() if can_manage_people(person) else ApiToken.objects.filter(user=person)
        token = tokens.filter(pk=token_id).first()
        if token is None:
            raise Missing("no such token of yours", field="token", value=str(token_id))
        token_revoke(token, actor=person)
        return Response(status=204)
