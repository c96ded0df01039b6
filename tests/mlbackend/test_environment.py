"""Environment variables: declared once, refused in words, listed on a page that the code writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlbackend.environment import SETTINGS, SettingError, missing_in_production, problems, read
from mlbackend.environment.page import page

ROOT = Path(__file__).resolve().parents[2]
READER = ROOT / "mlbackend/environment/reading.py"
OF_THE_LIBRARIES = {"PATH"}


def sources() -> list[Path]:
    return [*ROOT.glob("annotation/**/*.py"), *ROOT.glob("mlbackend/**/*.py"), ROOT / "manage.py"]


def names_read(path: Path) -> Iterator[tuple[str, int]]:
    """Names that a file asks the environment for, by any of its doors; ``?`` where the name is no text."""
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def name_of(node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        return str(constants.get(node.id, "?")) if isinstance(node, ast.Name) else "?"

    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield name_of(node.slice), node.lineno
        elif isinstance(node, ast.Compare) and any(ast.unparse(one) == "os.environ" for one in node.comparators):
            yield name_of(node.left), node.lineno
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            doors = {"os.environ.get", "os.environ.setdefault", "os.environ.pop", "os.getenv", "read", "is_set"}
            if called in doors and not (called == "read" and "mlbackend.environment import" not in path.read_text()):
                yield name_of(node.args[0]), node.lineno


def test_whatever_the_code_asks_the_environment_for_is_declared() -> None:
    undeclared = [
        f"{path.relative_to(ROOT)}:{line} reads {name}"
        for path in sources()
        if path != READER
        for name, line in names_read(path)
        if name not in SETTINGS and name not in OF_THE_LIBRARIES
    ]
    assert undeclared == [], "declare it in mlbackend/environment/declared.py and run make settings"


def test_the_scan_sees_every_door(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "import os\nfrom mlbackend.environment import read\nNAME = 'B'\nos.environ.get('A')\nos.environ[NAME]\n"
        "os.getenv('C')\n'D' in os.environ\nread('E')\nos.environ.get(f'{NAME}')\n"
    )
    assert sorted(name for name, _ in names_read(path)) == ["?", "A", "B", "C", "D", "E"]


def test_the_page_of_settings_is_what_the_code_declares() -> None:
    assert (ROOT / "docs/settings.md").read_text() == page(), "make settings"


def test_the_page_names_every_setting_with_its_meaning() -> None:
    for name, setting in SETTINGS.items():
        row = next(line for line in page().splitlines() if line.startswith(f"| `{name}` "))
        assert setting.meaning in row


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("JOB_MAX_ATTEMPTS", "many", r"JOB_MAX_ATTEMPTS='many' is not valid; use a whole number, 1 to 100"),
        ("JOB_MAX_ATTEMPTS", "0", "use a whole number, 1 to 100"),
        ("JOB_SWEEP_SECONDS", "nan", "use a number of seconds, 0.1 or more"),
        ("DEBUG", "maybe", "DEBUG='maybe' is not valid; use 1 or 0"),
        ("GROUNDWORK_DEVICE", "gpu", "use auto, cpu or cuda:N"),
        ("LOG_FORMAT", "xml", "use one of plain, json"),
        ("STORAGE_URL", "/srv/files", "use a URL that begins with file:// or s3://"),
        ("METRICS_ALLOWED", "10.0.0.300", "use addresses or networks such as 10.1.2.3"),
        ("METRICS_TOKEN", "short", "use 16 characters or more"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=words):
        read(name)
    assert len(problems()) == 1


def test_a_secret_is_not_repeated_when_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:hunter2@db/x")
    with pytest.raises(SettingError) as refused:
        read("DATABASE_URL")
    assert "hunter2" not in str(refused.value)


def test_an_empty_value_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    # docker compose hands on what a line such as NAME= leaves.
    monkeypatch.setenv("JOB_MAX_ATTEMPTS", " ")
    assert read("JOB_MAX_ATTEMPTS") == 3


def test_what_nobody_declared_cannot_be_read() -> None:
    with pytest.raises(KeyError):
        read("GROUNDWORK_UNHEARD_OF")


def test_production_names_all_that_is_missing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "SECRET_KEY", "PSEUDONYM_KEYS", "ALLOWED_HOSTS"]
    for name in needed:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALLOWED_HOSTS", "films.hospital.example")
    assert [setting.name for setting in missing_in_production()] == needed[:-1]


def test_every_default_is_a_value_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert problems() == []
