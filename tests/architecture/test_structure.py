"""Rules of the house that no reader should have to check by eye."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("annotation", "mlbackend", "tests", "benchmarks", "docs", "docker", "frontend/src")
MAX_LINES = 300
TEXT = {".py", ".md", ".ts", ".svelte", ".yml", ".yaml", ".toml", ".txt", ".sh", ".html", ".css", ".json", ".csv"}


def tracked(*suffixes: str) -> list[Path]:
    """Files that belong to the project: tracked by git or about to be, the build's and the caches' left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [ROOT / name for name in names if Path(name).suffix in suffixes and (ROOT / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_apps_import_only_what_lies_below_them() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_the_web_process_loads_no_network_library() -> None:
    script = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotation.config.settings.test';"
        "django.setup(); import annotation.config.urls, annotation.config.wsgi;"
        "print(sorted({'torch', 'torchvision', 'lightning', 'timm', 'segmentation_models_pytorch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr[-2000:]


def test_no_python_file_outgrows_three_hundred_lines() -> None:
    long = {
        relative(path): lines
        for path in tracked(".py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}, "make each of them a package with one file per verb"


def test_no_row_is_locked_against_those_who_only_refer_to_it() -> None:
    # PostgreSQL checks a foreign key at commit under a weak lock of the row that it names; a full lock stands in its
    # way, and a verdict and a step of the round once waited for each other so.
    found = [
        f"{relative(path)}: {call}"
        for path in tracked(".py")
        if path.parts[len(ROOT.parts)] == "annotation"
        for call in re.findall(r"select_for_update\([^)]*\)?", path.read_text())
        if "no_key=True" not in call
    ]
    assert found == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    # Spelt in parts, so that this file does not find itself.
    pattern = re.compile("|".join(["/" + "work/", "/" + "home/[a-z]", "/" + "Users/[a-z]", "/" + r"root/\.[a-z]"]))
    found = [
        f"{relative(path)}:{number}"
        for path in tracked(*TEXT)
        if path.name != "package-lock.json"
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_nothing_is_left_to_do_in_the_source() -> None:
    pattern = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + r"XX)\b|raise NotImplemented" + "Error")
    found = [
        f"{relative(path)}:{number}"
        for path in tracked(".py", ".ts", ".svelte")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_nothing_that_a_person_can_upload_is_unpickled() -> None:
    pattern = re.compile(
        r"\bimport pickle\b|\bpickle\.load|\bjoblib\.load|weights_only\s*=\s*False|allow_pickle\s*=\s*True"
    )
    found = [
        relative(path)
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "annotation") or path.is_relative_to(ROOT / "mlbackend")
        if pattern.search(path.read_text())
    ]
    assert found == []


OWN = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("annotation.")
    for model in config.get_models(include_auto_created=True)
]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_every_rule_of_a_table_has_a_name_of_its_own(model: type[models.Model]) -> None:
    assert not model._meta.unique_together or model._meta.auto_created
    for constraint in model._meta.constraints:
        assert re.fullmatch(r"[a-z][a-z0-9_]{4,62}", constraint.name), constraint
        generated = re.search(r"_[0-9a-f]{8}(_|$)", constraint.name)
        assert generated is None, f"{constraint.name} is no reason"


def test_constraint_names_are_not_used_twice() -> None:
    names = [constraint.name for model in OWN for constraint in model._meta.constraints]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_migrations_hold_what_the_models_say(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=1)


def test_tables_written_once_have_their_trigger_in_the_database(db: None) -> None:
    from django.db import connection

    from annotation.common.models import AppendOnlyModel

    query = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT event_object_table FROM information_schema.triggers"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        guarded = {row[0] for row in cursor.fetchall()}
    bare = {model._meta.db_table for model in OWN if issubclass(model, AppendOnlyModel)} - guarded
    assert bare == set()


@pytest.mark.parametrize("app", [c.name for c in apps.get_app_configs() if c.name.startswith("annotation.")])
def test_every_app_says_what_it_is_for(app: str) -> None:
    assert importlib.import_module(app).__doc__
