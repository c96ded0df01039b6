"""The way in: a name and a password, then the code of the second factor where there is one.

Between the two the person is not signed in: what is known stands in the session as ``pending``, and opens nothing but
the code and the enrolment.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth import authenticate, login
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from annotation.accounts.browsers import known_browser
from annotation.accounts.duties import must_have_second_factor
from annotation.accounts.models import OpenSession, SecondFactor, User
from annotation.accounts.services.second_factor import code_check
from annotation.accounts.services.sessions import session_begin
from annotation.accounts.services.throttle import (
    ADDRESS,
    BROWSER,
    NAME,
    NAME_AND_ADDRESS,
    Counted,
    attempt_begin,
    attempt_succeeded,
)
from annotation.common.addresses import client_address
from annotation.common.errors import DomainError

PENDING = "sign_in_pending"
PENDING_SECONDS = 600
BACKEND = "django.contrib.auth.backends.ModelBackend"


class WrongCredentialsError(DomainError):
    """Name or password are wrong; which of them is not told."""

    status = 400
    code = "wrong_credentials"


class Step(StrEnum):
    """What a sign-in still asks for."""

    CODE = "code"
    ENROL = "enrol"


class StepNeededError(DomainError):
    """Name and password were right, and are not enough."""

    status = 403
    code = "second_factor_needed"


class NobodyPendingError(DomainError):
    """There is no sign-in to go on with, or it was too long ago."""

    status = 409
    code = "sign_in_anew"


@dataclass(frozen=True)
class Pending:
    """A sign-in that is not complete."""

    user: User
    means: str

    @property
    def step(self) -> Step:
        """What it asks for."""
        return Step.CODE if SecondFactor.objects.filter(user=self.user).exists() else Step.ENROL


def credentials_check(request: HttpRequest, *, username: str, password: str) -> User:
    """The person whom name and password name. Raises WrongCredentialsError or TooManyAttemptsError."""
    name = User.normalize_username(username).lower()
    # As Django finds people: by the exact name.
    person = User.objects.filter(username=User.normalize_username(username)).first()
    counted: list[Counted]
    if browser := known_browser(request, person):
        counted = [(BROWSER, f"{browser}\0{name}")]
    else:
        address = client_address(request)
        counted = [(NAME_AND_ADDRESS, f"{name}\0{address}"), (NAME, name), (ADDRESS, address)]
    attempt_begin(counted)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise WrongCredentialsError(
            "this name and this password do not belong together", remedy="check both and try again"
        )
    attempt_succeeded(counted)
    return user


def step_needed(user: User) -> Step | None:
    """What the person must do after the password, or None."""
    if SecondFactor.objects.filter(user=user).exists():
        return Step.CODE
    return Step.ENROL if must_have_second_factor(user) else None


def sign_in_begin(request: HttpRequest, user: User, *, means: str, trusted: bool = False) -> Step | None:
    """Sign in whoever has shown who they are, or note what is missing and return it.

    ``trusted``: a provider of single sign-on has asked for a second factor itself.
    """
    step = None if trusted else step_needed(user)
    if step is None:
        _complete(request, user, means=means, second_factor=trusted)
        return None
    # Whatever this session was, it is not this person's.
    request.session.flush()
    request.session[PENDING] = {
        "user": str(user.pk),
        "means": means,
        "at": time.time(),
        "hash": user.get_session_auth_hash(),
    }
    return step


def pending_of(request: HttpRequest) -> Pending | None:
    """The sign-in that waits for its second half in this session."""
    data = request.session.get(PENDING)
    if not isinstance(data, dict) or not 0 <= time.time() - data["at"] <= PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=data["user"], is_active=True).first()
    # A password that was changed meanwhile voids what the old one began.
    if user is None or not constant_time_compare(data["hash"], user.get_session_auth_hash()):
        return None
    return Pending(user, data["means"])


def pending_is_there(request: HttpRequest) -> bool:
    """Whether a sign-in was begun in this session, be it too long ago."""
    return PENDING in request.session


def pending_require(request: HttpRequest) -> Pending:
    """As ``pending_of``. Raises NobodyPendingError."""
    pending = pending_of(request)
    if pending is None:
        raise NobodyPendingError("this sign-in was not begun, or too long ago", remedy="sign in with your password")
    return pending


def pending_forget(request: HttpRequest) -> None:
    """Begin from the start."""
    if PENDING in request.session:
        request.session.flush()


def sign_in_with_code(request: HttpRequest, *, code: str) -> User:
    """The second half. Raises NobodyPendingError, WrongCodeError, TooManyAttemptsError."""
    pending = pending_require(request)
    try:
        code_check(pending.user, code=code, browser=known_browser(request, pending.user))
    except DomainError:
        user_login_failed.send(__name__, credentials={"username": pending.user.username}, request=request)
        raise
    _complete(request, pending.user, means=pending.means, second_factor=True)
    return pending.user


def sign_in_after_enrolment(request: HttpRequest) -> None:
    """The person has just shown the first code of a new second factor."""
    pending = pending_require(request)
    _complete(request, pending.user, means=pending.means, second_factor=True)


def second_step_check(request: HttpRequest, user: User, *, code: str) -> None:
    """Name, password and code in one request, for scripts. Raises StepNeededError, WrongCodeError."""
    step = step_needed(user)
    if step is Step.ENROL:
        raise StepNeededError("your account must have a second factor", remedy="sign in by browser and set it up")
    if step is Step.CODE:
        if not code:
            raise StepNeededError(
                "your account has a second factor", field="code", remedy="send the code of your app too"
            )
        code_check(user, code=code, browser="")


def _complete(request: HttpRequest, user: User, *, means: str, second_factor: bool) -> None:
    request.session.pop(PENDING, None)
    login(request, user, backend=BACKEND)
    session_begin(request, user, means=OpenSession.Means(means), second_factor=second_factor)
