"""The hospital's provider: what django-allauth leaves out is added, a nonce and the signature of the identity."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any, NoReturn

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from annotation.accounts.browsers import remember_browser
from annotation.accounts.models import OpenSession
from annotation.accounts.services.sign_in import sign_in_begin
from annotation.accounts.sso.adapter import refused
from annotation.accounts.sso.paths import path_within
from annotation.accounts.sso.people import RefusedError, person_of_identity

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures by a key pair; never by a shared secret, never none."""
LEEWAY_SECONDS = 60
NONCE = "nonce"


class Exchange(OpenIDConnectOAuth2Adapter):
    """One sign-in's talk with the provider."""

    state: dict[str, Any] = {}
    provider: Provider

    def get_provider(self) -> Provider:
        """That of the settings; allauth would look in a table."""
        return self.provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself. Raises OAuth2Error where it describes another one."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != settings.OIDC_ISSUER:
            raise OAuth2Error(f"the provider calls itself {config.get('issuer')!r}, OIDC_ISSUER does not")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends the browser back to."""
        return request.build_absolute_uri(reverse("oidc-callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> NoReturn:
        """Sign in whoever the provider says this is. Raises OAuth2Error, or ImmediateHttpResponse with the way on:
        what allauth would do next, with accounts and pages of its own, is not wanted.
        """
        claims = self._claims(app, token, kwargs["response"])
        try:
            user = person_of_identity(claims)
        except RefusedError as error:
            log.warning("single sign-on refused: %s", error.reason)
            raise ImmediateHttpResponse(refused(error.reason)) from error
        step = sign_in_begin(request, user, means=OpenSession.Means.SINGLE_SIGN_ON, trusted=settings.OIDC_SECOND_FACTOR)
        response = HttpResponseRedirect(path_within(str(self.state.get("next") or "/")))
        if step is None:
            remember_browser(request, response, user)
        raise ImmediateHttpResponse(response)

    def _claims(self, app: SocialApp, token: Any, response: dict[str, Any]) -> dict[str, Any]:
        """What the provider says of the person, once signature, issuer, audience, age and nonce are right."""
        if not response.get("id_token"):
            raise OAuth2Error("the provider sent no id_token")
        claims = self._decode_id_token(app, response["id_token"])
        if "email" not in claims and self.openid_config.get("userinfo_endpoint"):
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("userinfo speaks of somebody else")
            claims = {**more, **claims}
        return claims

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(id_token)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(header).key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, KeyError) as error:
            raise OAuth2Error(f"the identity is not to be believed: {error}") from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != app.client_id:
            raise OAuth2Error("the identity was made for another client")
        nonce = str(self.state.get(NONCE) or "")
        if not nonce or not constant_time_compare(str(claims.get(NONCE, "")), nonce):
            raise OAuth2Error("the identity was made for another sign-in")
        return claims

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """The provider's key that the header names; the only one, where it names none."""
        if header.get("alg") not in ALGORITHMS:
            raise OAuth2Error(f"the identity is signed by {header.get('alg')!r}")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = [one for one in answer.json()["keys"] if one.get("use", "sig") == "sig"]
        fits = [one for one in keys if header.get("kid") is None or one.get("kid") == header["kid"]]
        if len(fits) != 1:
            raise OAuth2Error(f"the provider has {len(fits)} keys named {header.get('kid')!r}")
        return jwt.PyJWK.from_json(json.dumps(fits[0]), algorithm=header["alg"])


class Callback(OAuth2CallbackView):
    """The browser comes back from the provider."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state:
            self.adapter.state = state
        return state, response


class Provider(OpenIDConnectProvider):
    """The provider of the settings."""

    oauth2_adapter_class = Exchange
    pkce_enabled_default = True

    def get_oauth2_adapter(self, request: HttpRequest) -> Exchange:
        """A talk with this provider."""
        exchange = Exchange(request, self.app.provider_id)
        exchange.provider = self
        return exchange


def provider_of(request: HttpRequest) -> Provider:
    """Precondition: ``OIDC_ISSUER`` is set."""
    app = SocialApp(
        provider="openid_connect",
        provider_id=settings.OIDC_PROVIDER_ID,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True},
    )
    return Provider(request, app=app)


def address_of(request: HttpRequest, *, process: str, next_path: str) -> str:
    """Where to send the browser. Raises OAuth2Error or RequestException where the provider cannot be asked."""
    nonce = secrets.token_urlsafe(24)
    provider = provider_of(request)
    # Asked here, where its failure can be told.
    _ = provider.get_oauth2_adapter(request).openid_config
    answer = provider.redirect(request, process=process, next_url=next_path, auth_params={NONCE: nonce}, nonce=nonce)
    return str(answer.url)
