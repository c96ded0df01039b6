"""Where failures of single sign-on lead: back to the sign-in page, which says why."""

from __future__ import annotations

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import urlencode

log = logging.getLogger(__name__)


def refused(reason: str) -> HttpResponseRedirect:
    """Back to the sign-in page, which says why in words."""
    return HttpResponseRedirect("/?" + urlencode({"sign-in": reason}))


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Keeps allauth's own pages out of the way."""

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """The provider refused, or its answer is not to be believed. Always raises ImmediateHttpResponse."""
        log.warning("single sign-on failed: %s %s", error, exception)
        raise ImmediateHttpResponse(refused("cancelled" if error == "cancelled" else "failed"))
