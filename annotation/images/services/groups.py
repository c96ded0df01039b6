"""Split groups: patients who share a picture are never split between training and validation or test."""

from __future__ import annotations

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.images.models import Patient


@transaction.atomic
def patients_link(*, first: Patient, second: Patient, reason: str, actor: User | None = None) -> bool:
    """Everybody in the second patient's group joins the first's. False where they shared one already."""
    groups = dict(
        Patient.objects.select_for_update(no_key=True)
        .filter(pk__in=[first.pk, second.pk])
        .values_list("pk", "split_group")
    )
    kept, left = groups[first.pk], groups[second.pk]
    if kept == left:
        return False
    moved = Patient.objects.filter(split_group=left).update(split_group=kept)
    first.split_group = second.split_group = kept
    audit_record(
        "patients.link", second, actor=actor, other=str(first.pk), reason=reason,
        old=str(left), new=str(kept), patients=moved,
    )  # fmt: skip
    return True
