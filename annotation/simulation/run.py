"""One simulated run, from an empty folder to its report. The process must live in the run's folder already."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command

from annotation.accounts.models import User
from annotation.accounts.services import user_create
from annotation.common.errors import Conflict, DomainError
from annotation.exports.services import dataset_freeze, dataset_write
from annotation.images.models import ImageRole, ProjectImage
from annotation.jobs.runtime import Processes
from annotation.projects.models import Project, ProjectState, Role
from annotation.projects.services import member_add, project_create
from annotation.rounds.models import Round, RoundState
from annotation.rounds.services import project_start, round_retry
from annotation.simulation.films import Films, read_films, write_manifests
from annotation.simulation.folder import Clock, RunFolder
from annotation.simulation.importing import import_films
from annotation.simulation.labels import DrawLabels, draw_labels
from annotation.simulation.oracle import Judge, Truth
from annotation.simulation.people import People, cast
from annotation.simulation.progress import Progress
from annotation.simulation.report import build_report, write_report
from annotation.simulation.settings import Settings

Write = Callable[[str], Any]
Work = Callable[[Project, People, RunFolder, Write], None]

SLUG = "simulation"
IDLE_SECONDS = 1.0


class RunFailedError(DomainError):
    """The protocol stopped at a failed step."""

    status = 500
    code = "run_failed"


def run(
    settings: Settings,
    folder: RunFolder,
    command: str,
    write: Write,
    work: Work | None = None,
    draw: DrawLabels = draw_labels,
) -> dict[str, Any]:
    """Work the whole project; returns the report. Goes on where an interrupted run with the same settings was.

    ``work`` lets people and networks work until the project is finished, ``draw`` lets the first network draw what the
    label history lacks; by default with workers of their own.
    """
    films = read_films(
        Path(settings.manifest), settings.where, settings.target, settings.seed_count, settings.random_seed
    )
    folder.keep(settings.to_json())
    clock = Clock(folder.state / "clock.json")
    with clock.time("import"):
        call_command("migrate", verbosity=0)
        project, users = _project(settings)
        if project.state == ProjectState.SETUP:
            write(f"importing {len(films.seeds)} seeds and {len(films.pool)} films of the pool")
            seeds, pool = write_manifests(films, folder.input)
            import_films(
                project, seeds=seeds, pool=pool, convention=settings.convention, say=write,
                has_seeds=settings.has_seeds,
            )  # fmt: skip
        truth = _truth(films, settings.target)
    people = People(
        project, users, Judge(settings.rules, settings.random_seed), truth, settings.costs,
        _unusable(project, settings), settings.drawings.draw_dsc, settings.drawings.draw_spread,
    )  # fmt: skip
    with clock.time("protocol"):
        (work or work_with_workers)(project, people, folder, write)
    with clock.time("export"):
        write("writing the dataset")
        version = dataset_freeze(projects=[project], actor=None, note="simulated reviewers", reuse=True)
        if settings.label_history:
            draw(version, folder, write)
        if not folder.dataset.exists():
            dataset_write(version, folder.dataset, labels=settings.label_history)
    with clock.time("report"):
        write("writing the report")
        report, scored = build_report(project, settings, films, truth, version, command)
    report["wall_seconds"] = {"total": round(sum(clock.parts.values()), 2), **clock.parts, **_by_step(report)}
    write_report(report, scored, truth, folder)
    return report


def _project(settings: Settings) -> tuple[Project, list[User]]:
    project = Project.objects.filter(slug=SLUG).first()
    if project is None:
        project = project_create(
            slug=SLUG, name="Simulation", target=settings.target, convention=settings.convention,
            protocol=settings.build_protocol(), random_seed=settings.random_seed, actor=None,
        )  # fmt: skip
    users = []
    for name, role in cast(settings.reviewers, settings.physicians):
        user = User.objects.filter(username=name).first() or user_create(username=name)
        member_add(project, user=user, role=Role(role))
        users.append(user)
    return project, users


def _truth(films: Films, target: str) -> Truth:
    column = f"mask_{target}"
    return Truth(
        (films.folder / row["image"], films.folder / row[column])
        for row in films.pool
        if (films.folder / row["image"]).is_file()
    )


def _unusable(project: Project, settings: Settings) -> frozenset[str]:
    """Sha256 of the pool's films that people exclude on sight, by the stated rule on measured quality."""
    if settings.exclude_rule == "none" or not settings.exclude_share:
        return frozenset()
    pool = ProjectImage.objects.filter(project=project, role=ImageRole.POOL).select_related("image")
    images = sorted((film.image for film in pool), key=lambda image: (image.quality.get("snr_db", 0.0), image.sha256))
    worst = images[: round(settings.exclude_share * len(images))]
    return frozenset(image.sha256 for image in worst if image.quality_tier == "low")


def work_with_workers(project: Project, people: People, folder: RunFolder, write: Write) -> None:
    """Start platform and GPU worker, let people work whenever the queue has something, stop at the end."""
    project.refresh_from_db()
    if project.state == ProjectState.FINISHED:
        return
    with Processes(log_dir=folder.log, web=False) as processes:
        if project.state == ProjectState.SETUP:
            project_start(project=project, actor=None)
        for round_ in Round.objects.filter(project=project, state=RoundState.FAILED):
            round_retry(round_=round_, actor=None)
        progress = Progress(write, project)
        while True:
            processes.check()
            progress.tick()
            receipts = _one_turn(people)
            progress.worked(receipts)
            if receipts:
                continue
            project.refresh_from_db()
            if project.state == ProjectState.FINISHED:
                progress.tick(force=True)
                return
            _check_rounds(project, folder)
            time.sleep(IDLE_SECONDS)


def _one_turn(people: People) -> list[Any]:
    try:
        return people.work_once()
    except Conflict as error:
        # The engine closed a batch, or a lease ran out on a machine that slept: the queue knows what is next.
        if error.code in {"lease_lost", "task_settled"}:
            return []
        raise


def _check_rounds(project: Project, folder: RunFolder) -> None:
    failed = Round.objects.filter(project=project, state=RoundState.FAILED).first()
    if failed is None:
        return
    step = failed.steps.exclude(error="").first()
    why = f"step {step.kind}: {step.error}" if step else "no step says why"
    raise RunFailedError(
        f"stage {failed.name} failed at {why}",
        field="round",
        value=failed.name,
        remedy=f"see the logs in {folder.log}; the same command tries the step again",
    )


def _by_step(report: dict[str, Any]) -> dict[str, Any]:
    """Wall seconds of each stage, and of each kind of step over all rounds."""
    by_kind: dict[str, float] = {}
    for stage in report["stages"]:
        for round_ in stage["rounds"]:
            for step in round_["steps"]:
                by_kind[step["kind"]] = round(by_kind.get(step["kind"], 0.0) + (step["wall_seconds"] or 0.0), 2)
    return {"stages": {stage["name"]: stage["wall_seconds"] for stage in report["stages"]}, "steps": by_kind}
