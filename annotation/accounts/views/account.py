"""What a person sees and changes of how the own account is kept safe."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.browsers import known_browser, remember_browser
from annotation.accounts.duties import must_have_second_factor
from annotation.accounts.models import OpenSession, SecondFactor, User
from annotation.accounts.requests import person_of
from annotation.accounts.serializers.sign_in import (
    AccountSerializer,
    CodeConfirmSerializer,
    CodeSerializer,
    EnrolmentSerializer,
    EnrolSerializer,
    OpenSessionSerializer,
    RecoveryCodesSerializer,
)
from annotation.accounts.services import (
    code_check,
    enrolment_of,
    own_password_check,
    pending_is_there,
    pending_require,
    recovery_codes_left,
    recovery_codes_renew,
    second_factor_remove,
    second_factor_set,
    session_end,
    sessions_end,
    sessions_of,
    sign_in_after_enrolment,
)
from annotation.accounts.services.sessions import session_second_factor_given
from annotation.accounts.sso.people import is_linked
from annotation.accounts.vault import seal, unseal
from annotation.accounts.views.door import DoorView
from annotation.common.errors import Conflict

ENROLMENT = "second_factor_enrolment"
"""Key of the session under which a secret waits, sealed, for its first code."""


class OwnView(APIView):
    """Base: no token may touch the account that it belongs to."""

    scope_to_read = None
    scope_to_write = None
    keep_answers = False


class AccountView(OwnView):
    """My account."""

    @extend_schema(operation_id="account", tags=["account"], responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        """Password, second factor, sessions: what there is and what is asked of me."""
        user = person_of(request)
        factor = SecondFactor.objects.filter(user=user).first()
        body = {
            "has_password": user.has_usable_password(),
            "password_min_length": settings.PASSWORD_MIN_LENGTH,
            "second_factor_since": factor.created_at if factor else None,
            "second_factor_required": must_have_second_factor(user),
            "recovery_codes_left": recovery_codes_left(user),
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else None,
            "single_sign_on_linked": is_linked(user),
            "session_idle_seconds": settings.SESSION_IDLE_SECONDS,
            "session_max_seconds": settings.SESSION_COOKIE_AGE,
        }
        return Response(AccountSerializer(body).data)


class EnrolView(DoorView):
    """Set a second factor up: signed in already, or at the sign-in where one must be had."""

    authentication_classes = [SessionAuthentication]

    def _person(self, request: Request) -> tuple[User, bool]:
        """Who enrols, and whether that is part of the sign-in. Raises NotAuthenticated, NobodyPendingError."""
        if isinstance(request.user, User):
            return request.user, False
        if not pending_is_there(request._request):
            raise NotAuthenticated
        return pending_require(request._request).user, True

    def get_authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer a 401, not a 403."""
        return "Session"

    @extend_schema(operation_id="second_factor_begin", tags=["account"], request=EnrolSerializer,
                   responses=EnrolmentSerializer)  # fmt: skip
    def post(self, request: Request) -> Response:
        """A secret for the app, as text and as a QR code made here; nothing is asked of me before it is confirmed."""
        data = EnrolSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user, signing_in = self._person(request)
        if not signing_in and user.has_usable_password():
            own_password_check(user, data.validated_data["password"])
        enrolment = enrolment_of(user)
        request._request.session[ENROLMENT] = seal(enrolment.secret)
        return Response(EnrolmentSerializer(enrolment).data)


class EnrolConfirmView(EnrolView):
    """The first code."""

    @extend_schema(operation_id="second_factor_confirm", tags=["account"], request=CodeSerializer,
                   responses={201: RecoveryCodesSerializer})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Turn it on; recovery codes, shown once. My other sessions end; a sign-in that waited for it is complete."""
        data = CodeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user, signing_in = self._person(request)
        session = request._request.session
        if ENROLMENT not in session:
            raise Conflict("there is no secret to confirm", field="code", remedy="begin to set it up again")
        codes = second_factor_set(user, secret=unseal(session[ENROLMENT]), code=data.validated_data["code"])
        del session[ENROLMENT]
        if signing_in:
            sign_in_after_enrolment(request._request)
        else:
            session_second_factor_given(request._request)
        sessions_end(user, keep=request._request.session.session_key, actor=user)
        response = Response({"recovery_codes": codes}, status=201)
        remember_browser(request._request, response, user)
        return response


class SecondFactorOffView(OwnView):
    """Turn it off."""

    @extend_schema(operation_id="second_factor_off", tags=["account"], request=CodeConfirmSerializer,
                   responses={204: None})  # fmt: skip
    def post(self, request: Request) -> Response:
        """By the password and a code; whoever must have one keeps it."""
        user = _confirmed(request)
        second_factor_remove(user, actor=user)
        return Response(status=204)


class RecoveryCodesView(OwnView):
    """New recovery codes."""

    @extend_schema(operation_id="recovery_codes_renew", tags=["account"], request=CodeConfirmSerializer,
                   responses={201: RecoveryCodesSerializer})  # fmt: skip
    def post(self, request: Request) -> Response:
        """In place of all old ones, shown once; by the password and a code."""
        return Response({"recovery_codes": recovery_codes_renew(_confirmed(request))}, status=201)


def _confirmed(request: Request) -> User:
    """The person, who has just shown the password and a code. Raises InvalidInput, WrongCodeError and others."""
    data = CodeConfirmSerializer(data=request.data)
    data.is_valid(raise_exception=True)
    user = person_of(request)
    if user.has_usable_password():
        own_password_check(user, data.validated_data["password"])
    code_check(user, code=data.validated_data["code"], browser=known_browser(request._request, user))
    return user


class SessionsView(OwnView, generics.ListAPIView):
    """Where I am signed in by browser."""

    serializer_class = OpenSessionSerializer
    pagination_class = None
    queryset = OpenSession.objects.none()

    @extend_schema(
        operation_id="sessions_list", tags=["account"], filters=False, responses=OpenSessionSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """The last used first."""
        rows = sessions_of(person_of(request))
        context = {"session_key": request._request.session.session_key}
        return Response(OpenSessionSerializer(rows, many=True, context=context).data)

    @extend_schema(operation_id="sessions_end_others", tags=["account"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign me out everywhere but here."""
        user = person_of(request)
        sessions_end(user, keep=request._request.session.session_key, actor=user)
        return Response(status=204)


class SessionView(OwnView):
    """One place where I am signed in."""

    @extend_schema(operation_id="session_end", tags=["account"], responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign me out there."""
        session_end(person_of(request), session_id)
        return Response(status=204)
