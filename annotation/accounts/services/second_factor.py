"""The second factor: six digits of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import io
import secrets
import time
from dataclasses import dataclass

import pyotp
import segno
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from annotation.accounts.duties import must_have_second_factor
from annotation.accounts.models import RecoveryCode, SecondFactor, User, digest_of
from annotation.accounts.services.throttle import BROWSER, CODE, Counted, attempt_begin, attempt_succeeded
from annotation.accounts.vault import seal, unseal
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, DomainError

ISSUER = "Groundwork"
STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A phone's clock may be so many steps off, either way."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""Eighty bits: too many to guess even with the digests in hand."""


class WrongCodeError(DomainError):
    """The code is wrong, too old, or was used before; which of them is not told."""

    status = 400
    code = "wrong_code"


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs. The secret is known to the session alone until a first code is right."""

    secret: str
    uri: str
    qr_svg: str


def enrolment_of(user: User, secret: str | None = None) -> Enrolment:
    """A new one, or that of a secret that was shown already. Raises Conflict where the person has a second factor."""
    if SecondFactor.objects.filter(user=user).exists():
        raise Conflict("you have a second factor", field="second_factor", remedy="turn it off first, then set it up")
    secret = secret or pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    picture = io.BytesIO()
    # Without a size of its own it has a view box, and is scaled instead of cut off.
    segno.make(uri, error="m").save(picture, kind="svg", border=3, xmldecl=False, omitsize=True, light="#fff")
    return Enrolment(secret=secret, uri=uri, qr_svg=picture.getvalue().decode())


@transaction.atomic
def second_factor_set(user: User, *, secret: str, code: str) -> list[str]:
    """Turn it on by a first code; returns the recovery codes, which are never shown again.

    Raises WrongCodeError, Conflict.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if SecondFactor.objects.filter(user=user).exists():
        raise Conflict("you have a second factor", field="second_factor", remedy="turn it off first, then set it up")
    step = _step_of(secret, code, after=0)
    if step is None:
        raise WrongCodeError(
            "this is not the code of the app", field="code",
            remedy="wait for its next one; the clocks of phone and server must agree to half a minute",
        )  # fmt: skip
    row = SecondFactor.objects.create(user=user, secret=seal(secret), last_step=step)
    audit_record("second_factor.set", row, actor=user)
    return _new_codes(user)


def code_check(user: User, *, code: str, browser: str) -> None:
    """Whether the code is the app's or an unused recovery code; each is good once.

    ``browser``: as ``known_browser`` names it; its failures are counted apart.
    Raises WrongCodeError, TooManyAttemptsError, Conflict where there is no second factor.
    """
    counted: list[Counted] = [(BROWSER, f"{browser}\0{user.pk}\0code") if browser else (CODE, str(user.pk))]
    attempt_begin(counted)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update(no_key=True).filter(user=user).first()
        if row is None:
            raise Conflict("you have no second factor", field="second_factor", remedy="set it up first")
        good = _recover(user, code) or _use(row, code)
    if not good:
        raise WrongCodeError(
            "this code is wrong, or was used before", field="code", remedy="wait for the next one of the app"
        )
    attempt_succeeded(counted)


@transaction.atomic
def second_factor_remove(user: User, *, actor: User | None) -> bool:
    """Turn it off; returns whether there was one. Raises Conflict where the person must have one and did it alone."""
    if actor is not None and actor.pk == user.pk and must_have_second_factor(user):
        raise Conflict(
            "whoever administers must have a second factor here", field="second_factor",
            remedy="keep it; a lost phone's is reset by manage.py reset_second_factor",
        )  # fmt: skip
    row = SecondFactor.objects.filter(user=user).first()
    RecoveryCode.objects.filter(user=user).delete()
    if row is None:
        return False
    audit_record("second_factor.remove", row, actor=actor, username=user.username)
    row.delete()
    return True


@transaction.atomic
def recovery_codes_renew(user: User) -> list[str]:
    """New ones in place of all old ones, shown this once."""
    codes = _new_codes(user)
    audit_record("second_factor.codes_renew", user, actor=user)
    return codes


def recovery_codes_left(user: User) -> int:
    """How many are unused."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _new_codes(user: User) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=digest_of(code)) for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """Number of the half minute that the code belongs to, where that is near and later than ``after``."""
    totp, now, given = pyotp.TOTP(secret), int(time.time()) // STEP_SECONDS, _plain(code)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if step > after and constant_time_compare(totp.generate_otp(step), given):
            return step
    return None


def _use(row: SecondFactor, code: str) -> bool:
    step = _step_of(unseal(row.secret), code, after=row.last_step)
    if step is None:
        return False
    row.last_step = step
    row.save(update_fields=["last_step"])
    return True


def _recover(user: User, code: str) -> bool:
    used = RecoveryCode.objects.filter(user=user, digest=digest_of(_plain(code)), used_at=None)
    if not used.update(used_at=timezone.now()):
        return False
    audit_record("second_factor.recover", user, actor=user, left=recovery_codes_left(user))
    return True
