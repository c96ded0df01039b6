"""Views for people who are not signed in, or not wholly."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.accounts.scopes import SAFE


class DoorView(APIView):
    """Open to all, and held to CSRF: DRF checks that for people who are signed in, but signing somebody in as another
    is an attack too. A broken Authorization header must not keep a person from signing in anew.
    """

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []
    keep_answers = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises PermissionDenied where the token of ``/api/csrf`` is missing."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE:
            SessionAuthentication().enforce_csrf(request)
