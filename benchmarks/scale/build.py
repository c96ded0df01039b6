"""Build a world: films imported, stages I and II worked, the blind choice of stage III offered. Killed, it goes on.

Run by ``python -m benchmarks.scale`` in a process of its own, which has the world's environment.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import django

from benchmarks.scale.copies import copy_films, drawn_as
from benchmarks.scale.films import BASES, draw_bases, film_of, number_of, write_part
from benchmarks.scale.halfway import work_off
from benchmarks.scale.world import PHYSICIANS, REVIEWERS, SLUG, World

PART = 2000
"""Films of one import; their source files are removed after it."""
WORKED = 0.5
"""Share of the blind choices that are made before anything is measured."""
ACCEPTED, UNSURE = 0.85, 0.03
"""Shares of stage II's proposals; the others are rejected and corrected."""


def say(text: str) -> None:
    """A line with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Builder:
    """All steps, each of which looks for what is there already."""

    def __init__(self, world: World, processes: int, imported: int) -> None:
        self.world, self.processes = world, processes
        self.imported = min(imported or world.films, world.films)
        self.bases = min(BASES, max(8, world.films // 20))

    def build(self) -> None:
        """Everything."""
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        say(f"{self.bases} chests are drawn")
        draw_bases(self.world.bases, self.processes, self.bases)
        project = self._project()
        self._import(project)
        copies = range(self.world.seeds + self.imported, self.world.seeds + self.world.films)
        copy_films(project, copies, self.imported, self.world.seeds)
        self._people(project)
        self._work(project)
        say(f"{work_off(WORKED)} choices are made")
        self._settle_database()
        self.world.note(built=True)
        say("built")

    def _project(self) -> Any:
        from annotation.projects.models import Project
        from annotation.projects.protocol import get_protocol
        from annotation.projects.services import project_create

        total = self.world.stage_two
        second = {"total": total, "batch_size": -(-total // 6), "undo_grace_seconds": 0.0}
        return Project.objects.filter(slug=SLUG).first() or project_create(
            slug=SLUG, name=f"{self.world.films} films", target="lung", convention="heart_out", actor=None,
            protocol=get_protocol("covid-qu", II=second, training={"encoder_weights": "none"}),
        )  # fmt: skip

    def _import(self, project: Any) -> None:
        """Films are numbered: seeds first."""
        from annotation.images.models import ProjectImage

        seeds, everything = self.world.seeds, self.world.seeds + self.imported
        parts = [("seed", range(seeds))]
        parts += [("pool", range(start, min(start + PART, everything))) for start in range(seeds, everything, PART)]
        there = set(ProjectImage.objects.filter(project=project).values_list("image__file_name", flat=True))
        present = {number_of(name) for name in there}
        for role, numbers in parts:
            missing = sum(number not in present for number in numbers)
            # A picture that counted as another's duplicate is never there, and is no reason to come again.
            if missing and missing > len(numbers) // 100:
                self._import_part(project, role, numbers)

    def _import_part(self, project: Any, role: str, numbers: range) -> None:
        from annotation.masks.services.manifest_import import manifest_import

        folder = self.world.place / "source"
        shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        manifest = write_part(folder, self.world.bases, numbers, self.bases, self.processes, masks=role == "seed")
        made = time.monotonic()
        report = manifest_import(project=project, manifest=manifest, role=role)
        took = time.monotonic() - made
        shutil.rmtree(folder)
        part = {
            "role": role, "first": numbers.start, "films": report.added, "rows": report.rows, "refused": report.refused,
            "near_duplicates": report.near_duplicates, "seconds": round(took, 2), "per_second": report.rows / took,
            "making_seconds": round(made - began, 2), "load": os.getloadavg()[0],
        }  # fmt: skip
        parts = [p for p in self.world.notes().get("imports", []) if p["first"] != numbers.start]
        self.world.note(imports=[*parts, part])
        say(
            f"{numbers.stop} films: made in {made - began:.0f} s, imported in {took:.0f} s, {report.rows / took:.1f} a "
            f"second, {report.near_duplicates} near duplicates, {report.refused} refused"
        )
        for problem in report.errors[:3]:
            say(f"  {problem}")

    def _people(self, project: Any) -> None:
        """Reviewers, MDs, a researcher and an admin, with a token each, kept in ``tokens.json``."""
        import json

        from annotation.accounts.models import User
        from annotation.accounts.services import token_issue
        from annotation.projects.models import Role
        from annotation.projects.services import member_add

        path = self.world.place / "tokens.json"
        if path.exists():
            return
        people = [(f"reviewer{n}", Role.ANNOTATOR) for n in range(REVIEWERS)]
        people += [(f"physician{n}", Role.PHYSICIAN) for n in range(PHYSICIANS)]
        people += [("researcher", Role.RESEARCHER), ("admin", Role.ADMIN)]
        tokens: dict[str, list[str]] = {}
        for name, role in people:
            user = User.objects.get_or_create(username=name)[0]
            member_add(project, user=user, role=role)
            tokens.setdefault(str(role), []).append(token_issue(user, "scale")[0])
        path.write_text(json.dumps(tokens))

    def _work(self, project: Any) -> None:
        """The engine, the networks and the people in turn, until all blind choices are offered."""
        from annotation.projects.models import ProjectState
        from annotation.rounds.engine import advance
        from annotation.rounds.models import Round, RoundState
        from annotation.rounds.services import project_start
        from benchmarks.scale.gpu import Gpu

        project.refresh_from_db()
        if project.state == ProjectState.SETUP:
            project_start(project=project, actor=None)
        times: dict[str, float] = dict(self.world.notes().get("work", {}))

        def timed(name: str, started: float) -> None:
            times[name] = round(times.get(name, 0.0) + time.monotonic() - started, 2)
            self.world.note(work=times)

        storage = self.world.place / "storage"
        # Begun anew, not forked: a fork of a process with threads may wait for ever for a lock that one of them held.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, mp_context=context, initializer=django.setup) as pool:
            gpu = Gpu(self.world.bases, self.bases, storage, pool, self._drawn_as)
            while True:
                started = time.monotonic()
                moves = advance(project.pk)
                current = Round.objects.filter(project=project).order_by("-number").first()
                name = current.name if current else ""
                timed(f"engine {'III' if name == 'III' else 'I and II'}", started)
                if current is not None and current.state == RoundState.FAILED:
                    step = current.steps.exclude(error="").get()
                    raise RuntimeError(f"{name} failed at {step.kind}: {step.error}")
                jobs, started = 0, time.monotonic()
                for job in gpu.work():
                    timed("networks", started)
                    started = time.monotonic()
                    say(f"{name}: {job.kind} is drawn")
                    yielded = time.monotonic()
                    jobs += 1
                    started = yielded
                timed("networks", started)
                started = time.monotonic()
                acts = 0 if name == "III" else self._review(project)
                timed("people", started)
                say(f"{name}: {moves} moves, {jobs} jobs, {acts} acts")
                if not moves and not jobs and not acts:
                    return

    def _review(self, project: Any) -> int:
        """Everybody works what waits, through the services that the REST API calls."""
        from annotation.accounts.models import User
        from annotation.reviews.services import tasks_next

        names = [f"reviewer{n}" for n in range(8)] + ["physician0"]
        users = list(User.objects.filter(username__in=names).order_by("username"))
        done = 0
        while True:
            before = done
            for user in users:
                for task in tasks_next(user=user, project=project, count=10):
                    self._act(user, task)
                    done += 1
            if done == before:
                return done

    def _act(self, user: Any, task: Any) -> None:
        from annotation.masks.codec import encode_png
        from annotation.reviews.services import (
            Submission,
            adjudication_submit,
            correction_submit,
            task_open,
            verdict_submit,
        )

        task = task_open(user=user, task_id=task.pk)
        seconds = random.Random(str(task.pk)).uniform(2, 12)
        given = Submission(user, task.pk, uuid.uuid4().hex, task.lease_token, seconds)
        if task.kind == "verdict":
            drawn = random.Random(f"{task.pk} verdict").random()
            decision = "accept" if drawn < ACCEPTED else "unsure" if drawn < ACCEPTED + UNSURE else "reject"
            verdict_submit(submission=given, decision=decision)
        elif task.kind == "adjudication":
            adjudication_submit(submission=given, decision="accept")
        else:
            number = self._drawn_as(number_of(task.project_image.image.file_name))
            truth = film_of(self.world.bases, number, self.bases, image=False).lungs
            correction_submit(submission=given, png=encode_png(truth))

    def _drawn_as(self, number: int) -> int:
        """Number of the film whose pixels a film has: its own, or where it is a copy that of the first one."""
        return drawn_as(number, self.imported, self.world.seeds)

    def _settle_database(self) -> None:
        """What PostgreSQL does by itself after a while."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("films", type=int)
    parser.add_argument("server")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--imported", type=int, default=0)
    args = parser.parse_args()
    world = World(args.folder, args.films, args.server)
    world.enter()
    Builder(world, args.processes, args.imported).build()


if __name__ == "__main__":
    main()
