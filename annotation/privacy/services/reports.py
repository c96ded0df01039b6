"""Reports of imports name films by their files: lines about a withdrawn patient lose their words."""

from __future__ import annotations

import json
from typing import Any

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.images.models import Image, Patient
from annotation.masks.models import Mask, MaskKind
from annotation.privacy.services.plan import projects_of
from mlbackend.storage import StorageMissingError

WORDS = "about a film whose patient was withdrawn"


def reports_scrub(patient: Patient) -> int:
    """Take the patient's identifier, and names and ids of his films, out of all reports; returns how many changed."""
    images = list(Image.objects.filter(patient=patient))
    told = {patient.identifier, *(image.file_name for image in images), *(str(image.pk) for image in images)}
    for note in Mask.objects.filter(image__in=images, kind=MaskKind.SEED).values_list("note", flat=True):
        told.add(str(note.get("file", "")))
    told.discard("")
    projects = [project.pk for project in projects_of([image.pk for image in images])]
    events = AuditEvent.objects.filter(action="images.import", project_id__in=projects)
    return sum(_scrub(str(event.detail["report"]), told) for event in events.iterator())


def _scrub(key: str, told: set[str]) -> bool:
    try:
        report: dict[str, Any] = json.loads(blobs().read(key))
    except (StorageMissingError, ValueError):
        return False
    changed = False
    for number, line in enumerate(report.get("problems", [])):
        text = " ".join(str(value) for value in line.values())
        if any(word in text for word in told):
            report["problems"][number] = {**line, "value": "", "message": WORDS, "remedy": "", "other": ""}
            changed = True
    if changed:
        blobs().write(key, json.dumps(report, ensure_ascii=False, indent=1).encode())
    return changed
