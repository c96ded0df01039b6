"""The list of withdrawals, and doing them again: a restored backup holds the patients again."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from annotation.common.blobs import blobs
from annotation.common.errors import InvalidInput
from annotation.images.models import Patient, Withdrawal
from annotation.images.withdrawn import identifier_hash
from annotation.privacy.services.finish import FOLDER, entry_of, withdrawal_finish
from annotation.privacy.services.withdraw import patient_withdraw

FIELDS = ("key_id", "identifier_hash", "pseudonyms", "film_hashes", "films", "projects", "files", "jobs", "counts")


LISTS = ("pseudonyms", "film_hashes", "films", "projects", "files", "jobs")


def list_text() -> str:
    """All withdrawals, one JSON object a line, without anything that identifies; to be kept beside the backups."""
    rows = Withdrawal.objects.order_by("created_at")
    return "".join(json.dumps(entry_of(one), sort_keys=True) + "\n" for one in rows)


def list_read(text: str) -> list[dict[str, Any]]:
    """Entries of such a list; raises InvalidInput that names the line."""
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            missing = [name for name in ("id", *FIELDS) if name not in entry]
        except (ValueError, TypeError):
            entry, missing = {}, ["JSON"]
        if missing:
            raise InvalidInput(
                f"line {number} of the list has no {missing[0]}", field="list", value=line[:80],
                remedy="give a file that `manage.py withdraw_patient --list` printed",
            )  # fmt: skip
        entries.append(entry)
    return entries


def withdrawals_repeat(entries: list[dict[str, Any]] | None = None) -> dict[str, int]:
    """Do again whatever a restored database or storage has brought back.

    ``entries`` are those of a list; those in database and storage are always taken. Returns how many withdrawals there
    are, and how many patients were found again.
    """
    known: dict[str, dict[str, Any]] = {}
    for key in blobs().list(FOLDER):
        entry = json.loads(blobs().read(key))
        known[entry["id"]] = entry
    for entry in entries or []:
        known[entry["id"]] = entry
    for one in Withdrawal.objects.all():
        known.setdefault(str(one.pk), entry_of(one))
    again = sum(_patients_again(entry) for entry in known.values())
    for entry in known.values():
        row = _row(entry)
        # Files of a storage that is older than the database are deleted once more.
        both = {name: sorted({*getattr(row, name), *entry[name]}) for name in LISTS}
        Withdrawal.objects.filter(pk=row.pk).update(**both)
        withdrawal_finish(row.pk)
    return {"withdrawals": len(known), "patients": again}


def _patients_again(entry: dict[str, Any]) -> int:
    """Withdraw the patient where the database holds him again."""
    for pk, identifier in Patient.objects.order_by("pk").values_list("pk", "identifier").iterator(chunk_size=2000):
        if identifier_hash(identifier, entry["key_id"]) == entry["identifier_hash"]:
            # A restored database may hold the row of the withdrawal and, by an import of before, the patient too.
            Withdrawal.objects.filter(identifier_hash=entry["identifier_hash"]).delete()
            name = Patient.objects.get(pk=pk).identifier
            patient_withdraw(identifier=name, confirmation=name, actor=None, reason="repeated")
            return 1
    return 0


def _row(entry: dict[str, Any]) -> Withdrawal:
    found = Withdrawal.objects.filter(identifier_hash=entry["identifier_hash"]).first()
    if found is None:
        found = Withdrawal(
            id=UUID(entry["id"]), patient_id=UUID(int=0), **{name: entry[name] for name in FIELDS}
        )  # fmt: skip
        found.save(force_insert=True)
    return found
