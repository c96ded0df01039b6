"""Single sign-on over REST: where to go, and coming back."""

from __future__ import annotations

import logging

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from requests import RequestException
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.accounts.serializers.sign_in import RedirectSerializer, SingleSignOnSerializer
from annotation.accounts.sso.adapter import refused
from annotation.accounts.sso.paths import path_within
from annotation.accounts.sso.provider import Callback, address_of, provider_of
from annotation.accounts.views.door import DoorView
from annotation.common.errors import DomainError, Missing

log = logging.getLogger(__name__)


class ProviderSilentError(DomainError):
    """The provider of single sign-on cannot be asked."""

    status = 503
    code = "provider_unavailable"


class SingleSignOnView(DoorView):
    """Begin a sign-in by the hospital's own provider."""

    @extend_schema(
        operation_id="single_sign_on", tags=["people"], request=SingleSignOnSerializer, responses=RedirectSerializer
    )
    def post(self, request: Request) -> Response:
        """The provider's address, to which the browser goes next."""
        data = SingleSignOnSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        if not settings.OIDC_ISSUER:
            raise Missing("there is no single sign-on here", remedy="sign in by name and password")
        try:
            url = address_of(request._request, process="login", next_path=path_within(data.validated_data["next"]))
        except (OAuth2Error, RequestException, KeyError, ValueError) as error:
            log.warning("single sign-on: the provider cannot be asked: %s", error)
            raise ProviderSilentError(
                f"{settings.OIDC_NAME} does not answer", remedy="try again in a moment, or sign in by password"
            ) from error
        return Response({"url": url})


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponseBase:
    """The browser comes back with a code, or with a refusal; it is sent on to a page of this house."""
    if not settings.OIDC_ISSUER:
        return refused("failed")
    exchange = provider_of(request).get_oauth2_adapter(request)
    try:
        response: HttpResponseBase = Callback.adapter_view(exchange)(request)
    except (KeyError, ValueError) as error:
        log.warning("single sign-on failed: %s", error)
        return refused("failed")
    return response
