"""``report.json`` and ``report.html``."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from annotation.exports.models import DatasetVersion
from annotation.images.models import ImageState, ProjectImage
from annotation.projects.models import Project
from annotation.simulation.costs import effort
from annotation.simulation.films import Films, patient_of
from annotation.simulation.folder import RunFolder
from annotation.simulation.oracle import Truth
from annotation.simulation.report.acts import act_records, films_by_round
from annotation.simulation.report.page import render_page
from annotation.simulation.report.rounds import networks, stages
from annotation.simulation.report.scores import Scored, ground_truth, score_films
from annotation.simulation.settings import Settings


def build_report(
    project: Project, settings: Settings, films: Films, truth: Truth, version: DatasetVersion, command: str
) -> tuple[dict[str, Any], list[Scored]]:
    """All of the report but ``wall_seconds``, which the caller measures; and the score of each film."""
    scored = score_films(project, truth)
    seeds = ProjectImage.objects.filter(project=project, role="seed").count()
    work = effort(
        act_records(project, truth), films=len(scored), seeds=seeds, films_by_round=films_by_round(project),
        costs=settings.costs,
    )  # fmt: skip
    report = {
        "stages": stages(project, work["rounds"]),
        "networks": networks(project),
        "ground_truth": ground_truth(scored),
        "effort": work,
        "dataset": _dataset(project, settings, films, version, command),
    }
    return report, scored


def _dataset(
    project: Project, settings: Settings, films: Films, version: DatasetVersion, command: str
) -> dict[str, Any]:
    pool = ProjectImage.objects.filter(project=project, role="pool")
    excluded = pool.filter(state=ImageState.EXCLUDED)
    return {
        "version": version.number,
        "content_sha256": version.content_sha256,
        "path": "dataset",
        "seeds": {
            "films": ProjectImage.objects.filter(project=project, role="seed").count(),
            "asked": settings.seed_count,
            "patients": len({patient_of(row) for row in films.seeds}),
            "classes": dict(sorted(Counter(row.get("label", "") for row in films.seeds).items())),
        },
        "pool": {
            "films": pool.count(),
            "patients": len({patient_of(row) for row in films.pool}),
            "classes": dict(sorted(Counter(row.get("label", "") for row in films.pool).items())),
            "excluded": excluded.count(),
            "without_ground_truth": pool.exclude(state__in=[ImageState.SETTLED, ImageState.EXCLUDED]).count(),
        },
        "command": command,
        "settings": settings.to_json(),
        "rules": [*settings.rules.describe(), _exclusion(settings)],
        "deviations": settings.deviations(),
        "protocol": project.protocol,
    }


def _exclusion(settings: Settings) -> str:
    if settings.exclude_rule == "none" or not settings.exclude_share:
        return "No film is excluded."
    return (
        "A film that comes up for a verdict is excluded where its quality tier is low and its signal-to-noise ratio is "
        f"among the lowest {100 * settings.exclude_share:g} % of the pool; a choice among candidates excludes none."
    )


def write_report(report: dict[str, Any], scored: list[Scored], truth: Truth, folder: RunFolder) -> None:
    """Both files; ``report.json`` goes into place last, as it says that the run is finished."""
    folder.page.write_text(render_page(report, scored, truth), encoding="utf-8")
    part = folder.report.with_suffix(".part")
    part.write_text(json.dumps(report, indent=1), encoding="utf-8")
    part.replace(folder.report)
