"""The demo project: its films, its people, its protocol."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from annotation.accounts.models import User
from annotation.accounts.services import user_create
from annotation.common.errors import InvalidInput
from annotation.jobs.runtime import free_port
from annotation.projects.models import Project, ProjectState, Role
from annotation.projects.protocol import (
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    Protocol,
    RepeatedSelectionStage,
    ReviewStage,
    get_protocol,
)
from annotation.projects.services import member_add, project_create, protocol_resolve
from annotation.rounds.services import project_start
from annotation.simulation.films import convention_of, read_films, write_manifests
from annotation.simulation.importing import import_films
from annotation.simulation.settings import training_defaults

PEOPLE: dict[str, tuple[str, ...]] = {
    "annotator": (Role.ANNOTATOR,),
    "annotator2": (Role.ANNOTATOR,),
    "physician": (Role.PHYSICIAN,),
    "physician2": (Role.PHYSICIAN,),
    "admin": (Role.ADMIN,),
    "researcher": (Role.RESEARCHER,),
}
PROTOCOL = "covid-qu"
"""Which the demo shows unless another is asked for."""
SEED = 20210
FILM_SIDE = 384
IMAGE_SIZE = 128
BATCH, BATCHES = 20, 2
DRAWN, FOLDS, NETWORKS = 12, 2, 3
"""Films that are drawn first, and what then trains on them: fifteen networks of folds would train for hours."""
DOUBLE_READ, PROBES = 0.2, 0.05
"""The paper has neither: without them the figures on agreement and on attention would stay empty."""


@dataclass(frozen=True)
class DemoFilms:
    """What the demo works on."""

    manifest: Path
    where: tuple[str, ...]
    target: str
    convention: str
    seed_count: int
    procedural: bool
    protocol: str = PROTOCOL

    @property
    def slug(self) -> str:
        """``demo``, or a name of its own for each choice of real films and for each other protocol."""
        words = [] if self.protocol == PROTOCOL else [self.protocol]
        if not self.procedural:
            words += [*(where.partition("=")[2] for where in self.where), self.manifest.stem, self.target]
        return re.sub(r"[^a-z0-9]+", "-", "-".join(["demo", *words]).lower()).strip("-")[:64]

    @property
    def has_seeds(self) -> bool:
        """Whether the protocol begins with films that bring their masks."""
        return isinstance(get_protocol(self.protocol).stages[0], InitialTrainingStage)


def procedural_manifest(folder: Path, count: int) -> Path:
    """Draw procedural films once; returns their manifest. In a process of its own: the platform imports no ML code."""
    command = [
        sys.executable, "-m", "mlbackend.data.phantom", str(folder), "--count", str(count), "--seed", str(SEED),
        "--size", str(FILM_SIDE),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no words"])[-1]
        raise InvalidInput(
            f"no films could be drawn: {last}", field="--films", value=count,
            remedy="mend what the words name, or give a manifest",
        )  # fmt: skip
    return folder / "manifest.csv"


def credentials(path: Path) -> dict[str, str]:
    """The demo's people with their passwords, random and kept in a file that its owner alone reads.

    An account that exists already and is not in the file keeps its password, and an empty one is returned for it.
    """
    known: dict[str, str] = {}
    if path.exists():
        known = dict(line.split(maxsplit=1) for line in path.read_text().splitlines() if len(line.split()) == 2)
    people = {}
    for name in PEOPLE:
        exists = User.objects.filter(username=name).exists()
        people[name] = known.get(name, "") if exists else secrets.token_urlsafe(9)
        if not exists:
            user_create(username=name, password=people[name], is_superuser=name == "admin")
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"{name} {password}\n" for name, password in people.items() if password))
    return people


def demo_protocol(name: str, target: str, epochs: int) -> Protocol:
    """The protocol at a size that two processor cores manage: its first networks train for minutes."""
    known = get_protocol(name)
    training: dict[str, Any] = {
        **training_defaults(), "image_size": IMAGE_SIZE, "epochs": epochs, "encoder_weights": "none",
    }  # fmt: skip
    overrides = {stage.name: _small(stage) for stage in known.stages if isinstance(stage, ReviewStage)}
    return protocol_resolve(name=name, target=target, overrides={"training": training, **overrides})


def _small(stage: ReviewStage) -> dict[str, Any]:
    changed: dict[str, Any] = {"undo_grace_seconds": 30.0}
    if isinstance(stage, EvaluationStage):
        changed |= {
            "batch_size": BATCH, "total": BATCH * BATCHES, "replicas": 2, "double_read_fraction": DOUBLE_READ,
            "probe_fraction": PROBES,
        }  # fmt: skip
    if isinstance(stage, DrawingStage):
        changed["total"] = DRAWN
    if isinstance(stage, OutOfFoldStage | RepeatedSelectionStage):
        changed["networks"] = [asdict(network) for network in stage.networks[:NETWORKS]]
    if isinstance(stage, OutOfFoldStage):
        changed["folds"] = FOLDS
    return changed


def demo_project(
    films: DemoFilms, people: dict[str, str], *, folder: Path, epochs: int, say: Callable[[str], Any]
) -> Project:
    """The project with its people and films, started. Called again, what is there already stays."""
    project = Project.objects.filter(slug=films.slug).first()
    if project is not None and project.state != ProjectState.SETUP:
        say(f"project {project.slug} goes on")
        return project
    seed_count = films.seed_count if films.has_seeds else 0
    chosen = read_films(films.manifest, films.where, films.target, seed_count, SEED)
    convention = films.convention or convention_of(chosen, films.target)[0]
    admin = User.objects.get(username="admin")
    if project is None:
        project = project_create(
            slug=films.slug, name="Demo", target=films.target, convention=convention,
            protocol=demo_protocol(films.protocol, films.target, epochs), random_seed=1, actor=admin,
        )  # fmt: skip
    for name in people:
        for role in PEOPLE[name]:
            member_add(project, user=User.objects.get(username=name), role=role)
    say(f"importing {len(chosen.seeds)} seeds and {len(chosen.pool)} films of the pool")
    seeds, pool = write_manifests(chosen, folder / films.slug)
    import_films(project, seeds=seeds, pool=pool, convention=convention, say=say, has_seeds=films.has_seeds)
    return project_start(project=project, actor=admin)


def usable_port(host: str, port: int) -> int:
    """The port, or a free one where somebody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return free_port(host)
    return port
