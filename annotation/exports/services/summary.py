"""Figures of a version, frozen with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from annotation.exports.services.drafts import Draft
from annotation.projects.models import Project
from annotation.rounds.models import RoundStep, StepState

UNKNOWN = "(unknown)"


class Summary:
    """Counts that grow film by film; memory holds the patients' ids and the counts."""

    def __init__(self) -> None:
        self.masks = 0
        self.films = 0
        self._last_film: object = None
        self._patients: dict[str, set[str]] = {}
        self._films: dict[str, Counter[str]] = {
            name: Counter() for name in ("split", "label", "source", "license", "view", "quality")
        }
        self._cells: Counter[tuple[str, str]] = Counter()
        self._masks: dict[str, dict[str, Counter[str]]] = {}
        self._seconds: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()
        self._reviewers: set[str] = set()

    def add(self, draft: Draft) -> None:
        """One film with one mask; drafts of one film follow each other."""
        if draft.image_id != self._last_film:
            self._last_film = draft.image_id
            self.films += 1
            self._films["split"][draft.split] += 1
            for name in ("label", "source", "license", "view", "quality"):
                self._films[name][draft.row[name] or UNKNOWN] += 1
            self._cells[draft.split, draft.row["label"] or UNKNOWN] += 1
            self._patients.setdefault(draft.split, set()).add(draft.row["patient_id"])
        self.masks += 1
        counts = self._masks.setdefault(
            draft.target, {name: Counter() for name in ("provenance", "verified", "network", "convention")}
        )
        counts["provenance"][draft.provenance] += 1
        counts["verified"][draft.verified or "not verified"] += 1
        counts["network"][draft.row["network"] or "(a person)"] += 1
        counts["convention"][draft.row["convention"]] += 1
        self._seconds[draft.target] += draft.active_seconds  # type: ignore[assignment]
        self._empty[draft.target] += draft.row["foreground_pixels"] == 0
        self._reviewers.update(draft.reviewers)

    def as_json(self, projects: Sequence[Project], *, include_seeds: bool) -> dict[str, Any]:
        """All counts with sorted keys, the projects' protocols, and what the last verification said."""
        return {
            "films": self.films,
            "masks": self.masks,
            "patients": {split: len(ids) for split, ids in sorted(self._patients.items())},
            "reviewers": len(self._reviewers),
            "include_seeds": include_seeds,
            "pseudonym_key": projects[0].pseudonym_key,
            "films_by": {name: _sorted(counts) for name, counts in self._films.items()},
            "films_by_split_and_label": [
                {"split": split, "label": label, "films": count}
                for (split, label), count in sorted(self._cells.items())
            ],
            "targets": {
                target: {
                    "masks": sum(counts["provenance"].values()),
                    "empty_masks": self._empty[target],
                    "active_seconds": round(self._seconds[target], 3),
                    **{f"masks_by_{name}": _sorted(values) for name, values in counts.items()},
                }
                for target, counts in sorted(self._masks.items())
            },
            "protocols": {project.slug: project.protocol for project in projects},
            "verification": {project.slug: _verification(project) for project in projects},
        }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _verification(project: Project) -> dict[str, Any] | None:
    """What the last finished estimate said: the share corrected, by stratum, with its interval."""
    step = (
        RoundStep.objects.filter(round__project=project, kind="estimate", state=StepState.DONE)
        .select_related("round")
        .order_by("-round__number", "-index")
        .first()
    )
    return {"round": step.round.name, **step.outcome} if step is not None else None
