"""Accounts over REST, for superusers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.models import ApiToken, User
from annotation.accounts.permissions import can_manage_people
from annotation.accounts.requests import person_of
from annotation.accounts.serializers.people import (
    PasswordLinkSerializer,
    PersonChangeSerializer,
    PersonCreateSerializer,
    PersonSerializer,
    TemporaryPasswordSerializer,
)
from annotation.accounts.serializers.tokens import TokenSerializer
from annotation.accounts.services import (
    password_link_make,
    password_renew,
    second_factor_remove,
    sessions_end,
    user_change,
    user_create,
)
from annotation.common.errors import Missing, NotAllowed

POWERS = ("is_staff", "is_superuser")


def _refuse_token(request: Request, *fields: str) -> None:
    """What would outlive the token and its scopes is not done by one. Raises NotAllowed."""
    if fields and isinstance(request.auth, ApiToken):
        raise NotAllowed(
            f"no token may set {fields[0]}", code="session_needed", field=fields[0], remedy="sign in by browser for it"
        )


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
        _refuse_token(request, *(name for name in POWERS if data.validated_data[name]))
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
        _refuse_token(request, *data.validated_data.keys() & {"password", *POWERS})
        person = user_change(_person(person_id), actor=person_of(request), **data.validated_data)
        return Response(PersonSerializer(person).data)


class PersonPasswordView(APIView):
    """A password that somebody else makes, for superusers."""

    permission_classes = [SuperusersOnly]
    scope_to_write = None
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


class PersonPasswordLinkView(APIView):
    """A link by which the person chooses a password, for superusers."""

    permission_classes = [SuperusersOnly]
    scope_to_write = None
    keep_answers = False
    """The link is shown once."""

    @extend_schema(
        operation_id="person_password_link", tags=["people"], request=None, responses={201: PasswordLinkSerializer}
    )
    def post(self, request: Request, person_id: UUID) -> Response:
        """Good once and for some hours; the old password stays until it is used."""
        person = _person(person_id)
        path, row = password_link_make(person, actor=person_of(request))
        body = {"username": person.username, "path": path, "expires_at": row.expires_at}
        return Response(PasswordLinkSerializer(body).data, 201)


class PersonSecondFactorView(APIView):
    """Somebody's second factor, for superusers."""

    permission_classes = [SuperusersOnly]
    scope_to_write = None

    @extend_schema(operation_id="person_second_factor_remove", tags=["people"], responses={204: None})
    def delete(self, request: Request, person_id: UUID) -> Response:
        """For a lost phone: the person sets another one up. One's own goes by the account's page."""
        person = _person(person_id)
        if person == person_of(request):
            raise NotAllowed("your own second factor is not reset here", remedy="use your account's page")
        if not second_factor_remove(person, actor=person_of(request)):
            raise Missing(f"{person} has no second factor", field="person", value=str(person_id))
        sessions_end(person, actor=person_of(request))
        return Response(status=204)


class PersonSessionsView(APIView):
    """Where somebody is signed in, for superusers."""

    permission_classes = [SuperusersOnly]
    scope_to_write = None

    @extend_schema(operation_id="person_sign_out", tags=["people"], responses={204: None})
    def delete(self, request: Request, person_id: UUID) -> Response:
        """Sign the person out everywhere; tokens stay."""
        sessions_end(_person(person_id), actor=person_of(request))
        return Response(status=204)


class PersonTokensView(generics.ListAPIView):
    """Somebody's tokens, for superusers, who revoke them at ``/api/tokens/ID``."""

    serializer_class = TokenSerializer
    permission_classes = [SuperusersOnly]
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> Any:
        """Newest first."""
        return ApiToken.objects.filter(user=_person(self.kwargs["person_id"])).order_by("-created_at")

    @extend_schema(operation_id="person_tokens", tags=["people"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, revoked ones too."""
        return super().get(request, *args, **kwargs)


def _person(person_id: UUID) -> User:
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise Missing("no such account", field="person", value=str(person_id))
    return person
