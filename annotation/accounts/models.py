"""People and their tokens."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from annotation.common.models import BaseModel


def new_pseudonym() -> str:
    """A random name that leaves the house in place of the person's own."""
    return "p-" + secrets.token_hex(4)


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
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} {self.name}"

    @staticmethod
    def digest_of(token: str) -> str:
        """Sha256 of a token, hex."""
        return hashlib.sha256(token.encode()).hexdigest()
