"""A project whose patients, files and words are unmistakable, imported from a real folder and walked to a dataset."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotation.accounts.models import User
from annotation.images.models import ImageRole, Patient
from annotation.masks.services.manifest_import import ImportReport, manifest_import
from annotation.projects.models import Project, Role
from annotation.projects.protocol import get_protocol
from annotation.reviews.models import TaskKind
from annotation.reviews.services import tasks_next
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.annotation.images.files import dicom
from tests.annotation.reviews.world import verdict
from tests.factories import ProjectFactory, member
from tests.support.fake_gpu import FakeGpu
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

SIDE = 96
NEEDLE = "Müller"
"""Stands in every patient id, file name and unknown column."""
NUMBER = "MRN-7788"
NOW = {"undo_grace_seconds": 0.0}


def pixels(seed: int) -> np.ndarray:
    """A film that no other is a near duplicate of."""
    rng = np.random.default_rng(seed)
    details = sum(cv2.resize(rng.normal(0, 14, (n, n)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for n in (8, 40))
    return np.clip(film_hw(SIDE, SIDE, seed).astype(float) + details, 0, 255).astype(np.uint8)


def patient_id(number: int) -> str:
    """Two films each: ``MRN-7788-Müller-003``."""
    return f"{NUMBER}-{NEEDLE}-{number // 2:03d}"


class NeedleWorld:
    """Eight seeds and eight pool films of eight patients, in a project with one person of each role."""

    def __init__(self, root: Path) -> None:
        self.root = root
        protocol = get_protocol(
            "covid-qu", I={"minimum_seeds": 4}, II={"batch_size": 2, "total": 2, **NOW}, III=NOW,
            IV={"fraction": 0.3, **NOW},
        )  # fmt: skip
        self.project: Project = ProjectFactory(slug="chest", protocol=protocol.to_json())
        self.people: dict[str, User] = {role: member(self.project, role) for role in Role.values}
        self.gpu = FakeGpu()
        self.reports = [self.bring(ImageRole.SEED, range(8)), self.bring(ImageRole.POOL, range(8, 16))]

    def bring(self, role: str, seeds: range, project: Project | None = None) -> ImportReport:
        """Import films whose every word names a patient; the last one is a DICOM file full of names."""
        folder = self.root / role
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for seed in seeds:
            stem = f"{NEEDLE} {NUMBER} {seed}"
            grey = pixels(seed)
            last = seed == seeds[-1] and role == ImageRole.POOL
            named = {"PatientID": patient_id(seed), "PatientName": f"{NEEDLE}^Hans", "StudyDate": "20200531"}
            data = dicom(grey, bits=8, InstitutionName=NEEDLE, **named) if last else png_bytes(grey)
            (folder / f"{stem}.png").write_bytes(data)
            (folder / f"{stem} mask.png").write_bytes(mask_png_bytes(lungs_hw(SIDE, SIDE, seed)))
            rows.append(
                {
                    "image": f"{stem}.png", "mask_lung": f"{stem} mask.png",
                    "patient_id": "" if last else patient_id(seed), "label": ("normal", "covid")[seed % 2],
                    "view": "PA", "source": "clinic", "physician": f"Dr {NEEDLE}", "accession": NUMBER,
                    "study_date": "2020-05-31",
                }
            )  # fmt: skip
        with (folder / f"{NEEDLE}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        report = manifest_import(
            project=project or self.project, manifest=folder / f"{NEEDLE}.csv", role=role, convention="heart_out",
            actor=self.people[Role.ADMIN], where={"accession": NUMBER},
        )  # fmt: skip
        assert not report.errors, [str(line) for line in report.errors]
        return report

    def start(self) -> Round:
        """Stage I, and the first batch is offered."""
        project_start(project=self.project, actor=self.people[Role.ADMIN])
        return self.walk()

    def walk(self) -> Round:
        """On until people are asked."""
        self.gpu.walk(self.project)
        self.project.refresh_from_db()
        return Round.objects.filter(project=self.project).order_by("-number")[0]

    def accept_all(self) -> int:
        """The annotator accepts whatever is open."""
        tasks = tasks_next(
            user=self.people[Role.ANNOTATOR], project=self.project, count=10, kinds=[TaskKind.VERDICT]
        )  # fmt: skip
        for task in tasks:
            verdict(self.people[Role.ANNOTATOR], task, "accept")
        return len(tasks)

    def patient(self, number: int = 0) -> Patient:
        """Of the seeds with this number and the next."""
        return Patient.objects.get(identifier=patient_id(number))


def tells(data: Any) -> bool:
    """Whether bytes, text or JSON hold a needle, however it is written."""
    if isinstance(data, bytes):
        forms = [NEEDLE.encode(code) for code in ("utf-8", "latin-1", "utf-16-le")]
        return any(form in data for form in [*forms, b"M\\u00fcller", NUMBER.encode()])
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
    # The last but one is how UTF-8 looks where bytes are read as Latin-1.
    return any(form in text for form in (NEEDLE, "M\\u00fcller", NEEDLE.encode().decode("latin-1"), NUMBER))
