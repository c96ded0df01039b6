"""Patients who were withdrawn: known again by keyed hashes, so that neither a backup nor an import brings them back."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from annotation.images.models import Withdrawal
from annotation.images.pseudonyms import keyed


def identifier_hash(identifier: str, key_id: str) -> str:
    """64 hex digits for a patient's own identifier."""
    return keyed("withdrawn patient", identifier, key_id).hex()


def film_hash(pixel_sha256: str, key_id: str) -> str:
    """64 hex digits for a film's pixels."""
    return keyed("withdrawn film", pixel_sha256, key_id).hex()


def withdrawal_of(identifier: str) -> Withdrawal | None:
    """The withdrawal of the patient with this identifier, or with this pseudonym."""
    hashes = [identifier_hash(identifier, key_id) for key_id in settings.PSEUDONYM_KEYS]
    found = Withdrawal.objects.filter(identifier_hash__in=hashes).first()
    if found is not None:
        return found
    told = identifier.strip().upper()
    return next((one for one in Withdrawal.objects.only("pk", "pseudonyms") if told in one.pseudonyms), None)


class WithdrawnPatients:
    """All withdrawals as they stand, for those who check many rows."""

    def __init__(self) -> None:
        self._patients: set[str] = set()
        self._films: set[str] = set()
        self._keys: set[str] = set()
        for key_id, identifier, names, films in Withdrawal.objects.values_list(
            "key_id", "identifier_hash", "pseudonyms", "film_hashes"
        ):
            self._keys.add(key_id)
            self._patients |= {identifier, *names}
            self._films.update(films)

    def patient(self, identifier: str) -> bool:
        """Whether the patient with this identifier, or with this pseudonym, was withdrawn."""
        return bool(self._patients) and not self._patients.isdisjoint(self._told(identifier))

    def film(self, pixel_sha256: str) -> bool:
        """Whether a withdrawn patient's film had these pixels."""
        return any(film_hash(pixel_sha256, key_id) in self._films for key_id in self._keys)

    def _told(self, identifier: str) -> Iterable[str]:
        yield identifier.strip().upper()
        for key_id in self._keys:
            yield identifier_hash(identifier, key_id)
