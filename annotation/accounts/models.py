"""People, what they sign in with, and where they are signed in."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from annotation.accounts.scopes import every_scope
from annotation.common.models import BaseModel


def new_pseudonym() -> str:
    """A random name that leaves the house in place of the person's own."""
    return "p-" + secrets.token_hex(4)


def digest_of(secret: str) -> str:
    """Sha256 of a random secret, hex. Secrets that a person thinks up need more: they are hashed by Django."""
    return hashlib.sha256(secret.encode()).hexdigest()


class User(AbstractUser):
    """A person who signs in. Roles are held per project; ``is_superuser`` runs the installation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pseudonym = models.CharField(max_length=32, unique=True, default=new_pseudonym, editable=False)
    password_is_temporary = models.BooleanField(default=False, editable=False)
    """Somebody else made it and has seen it: the person is asked for one of their own at the first sign-in."""

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self) -> str:
        return self.username


class ApiToken(BaseModel):
    """A bearer token; only its sha256 is stored, the token itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=every_scope)
    """What it may be used for: names of ``Scope``."""
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} {self.name}"

    @staticmethod
    def digest_of(token: str) -> str:
        """Sha256 of a token, hex."""
        return digest_of(token)


class SecondFactor(BaseModel):
    """The authenticator app of a person; the row is there from the moment on when a first code was right."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.TextField(editable=False)
    """The TOTP secret, encrypted by a key that is derived from ``SECRET_KEY``."""
    last_step = models.BigIntegerField(default=0, editable=False)
    """Number of the half minute whose code was used last: no code is good twice."""

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(BaseModel):
    """A code for the day when the phone is lost; only its sha256 is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class PasswordLink(BaseModel):
    """A link by which a person chooses a password, once; made by an admin, who never sees the password."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="password_links")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"password link of {self.user}"


class OpenSession(BaseModel):
    """Where a person is signed in by browser; the row goes when the session does."""

    class Means(models.TextChoices):
        """What opened it."""

        PASSWORD = "password"  # noqa: S105 - a word, no secret
        SINGLE_SIGN_ON = "single_sign_on"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="open_sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    means = models.CharField(max_length=20, choices=Means.choices, default=Means.PASSWORD)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    """What the browser says it is."""
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_seen_at"], name="open_session_by_last_seen")]

    def __str__(self) -> str:
        return f"session of {self.user}"


class FailedAttempts(BaseModel):
    """How often somebody failed to get in by one name, address, browser or code, and until when they wait."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    """Sha256 of what is counted: names that nobody has are typed too, and may be passwords."""
    kind = models.CharField(max_length=20)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    waits_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "failed attempts"
        indexes = [models.Index(fields=["last_at"], name="failed_attempts_by_age")]

    def __str__(self) -> str:
        return f"{self.failures} by {self.kind}"
