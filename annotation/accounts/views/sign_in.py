"""Signing in and out over REST."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.browsers import remember_browser
from annotation.accounts.models import OpenSession, User
from annotation.accounts.requests import person_of
from annotation.accounts.serializers.people import MeSerializer, PasswordChoiceSerializer
from annotation.accounts.serializers.sign_in import (
    CodeSerializer,
    SignInOptionsSerializer,
    SignInSerializer,
    SignInStepSerializer,
)
from annotation.accounts.services import (
    credentials_check,
    password_choose,
    pending_forget,
    pending_of,
    session_keep,
    sign_in_begin,
    sign_in_with_code,
)
from annotation.accounts.views.door import DoorView


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


class SignInView(DoorView):
    """Starts a session."""

    @extend_schema(operation_id="sign_in_options", tags=["people"], responses=SignInOptionsSerializer)
    def get(self, request: Request) -> Response:
        """How one may sign in, and what a sign-in that was begun still asks for."""
        pending = pending_of(request._request)
        body = {
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else None,
            "step": pending.step if pending else None,
            "username": pending.user.username if pending else None,
        }
        return Response(SignInOptionsSerializer(body).data)

    @extend_schema(
        operation_id="sign_in",
        tags=["people"],
        request=SignInSerializer,
        responses={
            200: MeSerializer,
            202: OpenApiResponse(SignInStepSerializer, "the password was right; a second factor is asked for"),
        },
    )
    def post(self, request: Request) -> Response:
        """Sign in by name and password."""
        data = SignInSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = credentials_check(request._request, **data.validated_data)
        step = sign_in_begin(request._request, user, means=OpenSession.Means.PASSWORD)
        if step is not None:
            return Response({"step": step}, status=202)
        return _signed_in(request, user)

    @extend_schema(operation_id="sign_in_forget", tags=["people"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Begin from the start: a sign-in that waits for a code is dropped."""
        pending_forget(request._request)
        return Response(status=204)


class SignInCodeView(DoorView):
    """The second half of a sign-in."""

    @extend_schema(operation_id="sign_in_code", tags=["people"], request=CodeSerializer, responses=MeSerializer)
    def post(self, request: Request) -> Response:
        """The code of the app, or a recovery code."""
        data = CodeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = sign_in_with_code(request._request, code=data.validated_data["code"])
        return _signed_in(request, user)


class SignOutView(APIView):
    """Ends the session."""

    scope_to_write = "read"

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

    scope_to_write = None
    keep_answers = False

    @extend_schema(operation_id="my_password", tags=["people"], request=PasswordChoiceSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose it; this session goes on, others of mine end."""
        data = PasswordChoiceSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = password_choose(
            person_of(request), old=data.validated_data["old_password"], new=data.validated_data["new_password"]
        )
        session_keep(request._request, user)
        return Response(status=204)


def _signed_in(request: Request, user: User) -> Response:
    response = Response(MeSerializer(user).data)
    remember_browser(request._request, response, user)
    return response
