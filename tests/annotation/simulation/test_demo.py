"""The demo's people and project."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from annotation.accounts.models import User
from annotation.projects.models import ProjectState, Role
from annotation.simulation.demo import PEOPLE, DemoFilms, credentials, demo_project, usable_port
from tests.annotation.simulation.conftest import write_films

pytestmark = pytest.mark.django_db


def test_everybody_can_sign_in_with_the_password_that_is_told(tmp_path: Path) -> None:
    people = credentials(tmp_path / "demo_credentials.txt")
    assert set(people) == {"annotator", "annotator2", "physician", "physician2", "admin", "researcher"}
    for name, password in people.items():
        assert authenticate(username=name, password=password) is not None


def test_passwords_are_random_kept_and_for_the_owners_eyes_alone(tmp_path: Path) -> None:
    path = tmp_path / "demo_credentials.txt"
    first = credentials(path)
    assert credentials(path) == first
    assert len(set(first.values())) == len(first)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_account_that_was_there_before_keeps_its_password(tmp_path: Path) -> None:
    User.objects.create_user("admin", password="mine alone")
    people = credentials(tmp_path / "demo_credentials.txt")
    assert people["admin"] == ""
    assert authenticate(username="admin", password="mine alone") is not None


def test_a_second_call_goes_on_with_the_same_project(tmp_path: Path) -> None:
    films = DemoFilms(write_films(tmp_path / "films", 30), (), "lung", "", 12, procedural=True)
    people = credentials(tmp_path / "demo_credentials.txt")
    said: list[str] = []
    first = demo_project(films, people, folder=tmp_path / "demo", epochs=1, say=said.append)
    second = demo_project(films, people, folder=tmp_path / "demo", epochs=1, say=said.append)
    assert first.pk == second.pk
    assert first.state == ProjectState.RUNNING
    assert first.project_images.filter(role="seed").count() == 12
    assert first.project_images.filter(role="pool").count() == 18
    roles = {m.user.username: m.role for m in first.memberships.exclude(role=Role.ADMIN)}
    assert roles == {name: held[0] for name, held in PEOPLE.items() if name != "admin"}
    assert said[-1].endswith("goes on")


def test_a_protocol_without_seeds_has_all_films_to_draw_and_two_mds_who_draw_them(tmp_path: Path) -> None:
    manifest = write_films(tmp_path / "films", 30)
    films = DemoFilms(manifest, (), "lung", "", 12, procedural=True, protocol="qata")
    people = credentials(tmp_path / "demo_credentials.txt")
    project = demo_project(films, people, folder=tmp_path / "demo", epochs=1, say=lambda line: None)
    assert (project.slug, project.state) == ("demo-qata", ProjectState.RUNNING)
    assert set(project.project_images.values_list("role", flat=True)) == {"pool"}
    assert project.project_images.count() == 30
    assert project.memberships.filter(role=Role.PHYSICIAN).count() == 2
    stages = {stage["name"]: stage for stage in project.protocol["stages"]}
    assert (stages["Ia"]["total"], stages["Ib"]["folds"], len(stages["II"]["networks"])) == (12, 2, 3)


def test_each_choice_of_real_films_is_a_project_of_its_own(tmp_path: Path) -> None:
    def slug(*where: str, procedural: bool = False) -> str:
        return DemoFilms(tmp_path / "My Films.csv", where, "lung", "", 10, procedural).slug

    assert slug(procedural=True) == "demo"
    assert slug("set=shenzhen_tb_lung") == "demo-shenzhen-tb-lung-my-films-lung"
    assert len({slug(), slug("set=a"), slug("set=b"), slug(procedural=True)}) == 4
    assert len(slug("set=" + "x" * 200)) <= 64


def test_a_port_in_use_is_not_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert usable_port("127.0.0.1", taken) != taken
