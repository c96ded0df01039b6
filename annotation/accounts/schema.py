"""How the OpenAPI schema describes the bearer token. Imported by the app's configuration, which registers it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class TokenScheme(OpenApiAuthenticationExtension):
    """``Authorization: Bearer TOKEN``."""

    target_class = "annotation.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A plain bearer token."""
        return {"type": "http", "scheme": "bearer"}
