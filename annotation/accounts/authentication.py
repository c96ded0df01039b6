"""Sign-in by bearer token, beside the session."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotation.accounts.models import ApiToken, User
from annotation.accounts.scopes import scope_needed
from annotation.common.errors import NotAllowed

USED_RESOLUTION = timedelta(minutes=5)
"""``last_used_at`` is no more exact than this, so that reading does not write."""


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer TOKEN``; a revoked, expired or unknown token is a 401, one without the scope a 403."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user, or None where the request carries no bearer token."""
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Authorization header: write 'Bearer TOKEN'")
        token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(parts[1])).first()
        if token is None or token.revoked_at is not None or not token.user.is_active:
            raise AuthenticationFailed("this token is unknown or revoked; sign in again for a new one")
        now = timezone.now()
        if token.expires_at is not None and token.expires_at <= now:
            raise AuthenticationFailed("this token has expired; sign in again for a new one")
        _check_scope(request, token)
        if token.last_used_at is None or now - token.last_used_at > USED_RESOLUTION:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer a 401, not a 403."""
        return self.keyword


def _check_scope(request: Request, token: ApiToken) -> None:
    """Here and not among the permissions, which a view may replace. Raises NotAllowed."""
    view = (request.parser_context or {}).get("view")
    if view is None:
        # Asked who calls, before any view: the view asks again.
        return
    needed = scope_needed(view, request.method or "")
    if needed is None:
        raise NotAllowed(
            "no token may do this", code="session_needed", field="Authorization", remedy="sign in by browser for it"
        )
    if needed not in token.scopes:
        raise NotAllowed(
            f"this token lacks the scope {str(needed)!r}", code="scope_needed", field="Authorization",
            value=token.scopes, remedy="make one that has it on your account's page",
        )  # fmt: skip
