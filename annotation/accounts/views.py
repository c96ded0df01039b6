"""Sign-in, tokens and people over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db.models import QuerySet
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import generics, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.models import ApiToken, User
from annotation.accounts.permissions import can_manage_people
from annotation.accounts.requests import person_of
from annotation.accounts.serializers import (
    IssuedTokenSerializer,
    MeSerializer,
    PasswordChoiceSerializer,
    PersonChangeSerializer,
    PersonCreateSerializer,
    PersonSerializer,
    SignInSerializer,
    TemporaryPasswordSerializer,
    TokenCreateSerializer,
    TokenSerializer,
)
from annotation.accounts.services import (
    credentials_check,
    password_choose,
    password_renew,
    token_issue,
    token_revoke,
    user_change,
    user_create,
)
from annotation.common.errors import Missing, NotAllowed


class CsrfView(APIView):
    """Sets the CSRF cookie and returns its token, which unsafe requests of a session send as ``X-CSRFToken``."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="csrf",
        tags=["people"],
        responses=inline_serializer("CsrfToken", {"csrf_token": serializers.CharField()}),
    )
    def get(self, request: Request) -> Response:
        """Cookie and token."""
        return Response({"csrf_token": get_token(request._request)})


class SignInView(APIView):
    """Starts a session."""

    permission_classes = [AllowAny]
    # A broken Authorization header must not keep a person from signing in anew.
    authentication_classes: list[type] = []

    @extend_schema(operation_id="sign_in", tags=["people"], request=SignInSerializer, responses=MeSerializer)
    def post(self, request: Request) -> Response:
        """Sign in by name and password."""
        # DRF checks CSRF for people who are signed in already; signing somebody in as another is an attack too.
        SessionAuthentication().enforce_csrf(request)
        data = SignInSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = credentials_check(request._request, **data.validated_data)
        login(request._request, user)
        return Response(MeSerializer(user).data)


class SignOutView(APIView):
    """Ends the session."""

    @extend_schema(operation_id="sign_out", tags=["people"], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sign out; a bearer token stays as it is."""
        logout(request._request)
        return Response(status=204)


class MeView(APIView):
    """The person who asks."""

    @extend_schema(operation_id="me", tags=["people"], responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who am I."""
        return Response(MeSerializer(person_of(request)).data)


class MyPasswordView(APIView):
    """A password of my own."""

    @extend_schema(operation_id="my_password", tags=["people"], request=PasswordChoiceSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose it; this session goes on, others of mine end."""
        data = PasswordChoiceSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = password_choose(
            person_of(request), old=data.validated_data["old_password"], new=data.validated_data["new_password"]
        )
        if request.session.session_key:
            update_session_auth_hash(request._request, user)
        return Response(status=204)


class TokensView(generics.ListAPIView):
    """My tokens."""

    serializer_class = TokenSerializer
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
        name = values.pop("name")
        if values:
            user = credentials_check(request._request, **values)
        elif isinstance(request.user, User):
            user = request.user
        else:
            raise serializers.ValidationError({"username": "sign in first, or send username and password"})
        token, row = token_issue(user, name)
        return Response({**TokenSerializer(row).data, "token": token}, status=201)


class TokenView(APIView):
    """One of my tokens."""

    @extend_schema(operation_id="token_revoke", tags=["people"], responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke it."""
        token = ApiToken.objects.filter(pk=token_id, user_id=person_of(request).pk).first()
        if token is None:
            raise Missing("no such token of yours", field="token", value=str(token_id))
        token_revoke(token, actor=person_of(request))
        return Response(status=204)


class SuperusersOnly(BasePermission):
    """Accounts are managed by superusers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raises NotAllowed, which says more than False."""
        if not can_manage_people(person_of(request)):
            raise NotAllowed("only superusers manage accounts")
        return True


class PeopleView(generics.ListAPIView):
    """All accounts, for superusers."""

    serializer_class = PersonSerializer
    permission_classes = [SuperusersOnly]
    queryset = User.objects.order_by("username")

    @extend_schema(operation_id="people_list", tags=["people"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List accounts."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="person_create",
        tags=["people"],
        request=PersonCreateSerializer,
        responses={201: PersonSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an account."""
        data = PersonCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = user_create(actor=person_of(request), **data.validated_data)
        return Response(PersonSerializer(user).data, status=201)


class PersonView(APIView):
    """One account, for superusers."""

    permission_classes = [SuperusersOnly]

    @extend_schema(operation_id="person", tags=["people"], responses=PersonSerializer)
    def get(self, request: Request, person_id: UUID) -> Response:
        """Show it."""
        return Response(PersonSerializer(_person(person_id)).data)

    @extend_schema(
        operation_id="person_change", tags=["people"], request=PersonChangeSerializer, responses=PersonSerializer
    )
    def patch(self, request: Request, person_id: UUID) -> Response:
        """Change, deactivate, or set a new password; what the person did stays."""
        data = PersonChangeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        person = user_change(_person(person_id), actor=person_of(request), **data.validated_data)
        return Response(PersonSerializer(person).data)


class PersonPasswordView(APIView):
    """A password that somebody else makes, for superusers."""

    permission_classes = [SuperusersOnly]
    keep_answers = False
    """The password is shown once."""

    @extend_schema(
        operation_id="person_password", tags=["people"], request=None, responses={201: TemporaryPasswordSerializer}
    )
    def post(self, request: Request, person_id: UUID) -> Response:
        """A random one, shown once; the person chooses another at the first sign-in."""
        person = _person(person_id)
        password = password_renew(person, actor=person_of(request))
        return Response(TemporaryPasswordSerializer({"username": person.username, "password": password}).data, 201)


def _person(person_id: UUID) -> User:
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise Missing("no such account", field="person", value=str(person_id))
    return person
