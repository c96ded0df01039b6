"""Where a sign-in leads: to a page of this house and nowhere else."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def path_within(path: str) -> str:
    """The path, or ``/`` where it would lead elsewhere."""
    fits = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if fits else "/"
