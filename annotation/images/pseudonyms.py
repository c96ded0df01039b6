"""Keyed pseudonyms: what stands for a patient in everything that leaves, and in the audit log."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings

from annotation.common.errors import Conflict
from annotation.images.models import Patient

PREFIX = "P-"
BYTES = 10
"""80 bits, 16 letters: among a million patients two alike are expected once in two trillion installations."""
SHIFT_DAYS = 182
"""Days leave shifted by up to half a year, all of one patient's by the same."""


class UnknownKey(Conflict):
    """A project or a version was made with a key that the settings do not hold."""

    code = "unknown_pseudonym_key"


def keyed(purpose: str, text: str, key_id: str) -> bytes:
    """HMAC-SHA256 of a text for one purpose, 32 bytes; raises UnknownKey."""
    try:
        secret = settings.PSEUDONYM_KEYS[key_id]
    except KeyError:
        raise UnknownKey(
            f"the settings hold no pseudonym key {key_id!r}", field="PSEUDONYM_KEYS", value=key_id,
            remedy="add the key again: keys are kept as long as anything was made with them",
        ) from None  # fmt: skip
    return hmac.new(secret.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def pseudonym(identifier: str, key_id: str) -> str:
    """``P-`` and 16 letters for a patient's own identifier; the same for the same key, whatever database holds it."""
    return PREFIX + base64.b32encode(keyed("patient", identifier, key_id)[:BYTES]).decode()


def pseudonyms(identifier: str) -> list[str]:
    """The patient's pseudonyms under all keys, the current one first."""
    return [pseudonym(identifier, key_id) for key_id in settings.PSEUDONYM_KEYS]


def shifted(day: date | None, identifier: str, key_id: str) -> date | None:
    """A day as it leaves: distances between one patient's days stay, the days themselves do not."""
    if day is None:
        return None
    drawn = int.from_bytes(keyed("days", identifier, key_id)[:8], "big")
    return day + timedelta(days=drawn % (2 * SHIFT_DAYS + 1) - SHIFT_DAYS)


class Pseudonyms:
    """Pseudonyms of many patients under one key, each worked out once; two alike are refused."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._told: dict[UUID, str] = {}
        self._owner: dict[str, UUID] = {}

    def of(self, patient_id: UUID, identifier: str) -> str:
        """Raises Conflict where another patient has the same one."""
        told = self._told.get(patient_id)
        if told is None:
            told = self._told[patient_id] = pseudonym(identifier, self.key_id)
            if self._owner.setdefault(told, patient_id) != patient_id:
                raise Conflict(
                    f"two patients would share the pseudonym {told}", code="pseudonym_collision", field="patient",
                    value=told, remedy="give the project another pseudonym key",
                )  # fmt: skip
        return told


def patient_by_pseudonym(told: str) -> Patient | None:
    """The patient who has it under any key; None where nobody does. Every patient is asked: nothing is kept."""
    told = told.strip().upper()
    if not told.startswith(PREFIX):
        return None
    for pk, identifier in Patient.objects.order_by("pk").values_list("pk", "identifier").iterator(chunk_size=2000):
        if told in pseudonyms(identifier):
            return Patient.objects.get(pk=pk)
    return None
