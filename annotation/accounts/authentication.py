"""Sign-in by bearer token, beside the session."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotation.accounts.models import ApiToken, User

USED_RESOLUTION = timedelta(minutes=5)
"""``last_used_at`` is no more exact than this, so that reading does not write."""


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer TOKEN``; a revoked or unknown token is a 401."""

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
        if token.last_used_at is None or now - token.last_used_at > USED_RESOLUTION:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer a 401, not a 403."""
        return self.keyword
