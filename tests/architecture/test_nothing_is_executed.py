"""No file and no message can make the platform or a worker run what stands in it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from annotation.config.celery import app as platform
from mlbackend.worker.app import app as worker

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {"pickle", "cPickle", "_pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "pandas"}
"""Modules that load objects, or whose readers do."""
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every Python file of the platform and the workers."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "annotation", "mlbackend", "manage.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in names:
        if name.endswith(".py") and (ROOT / name).is_file():
            yield name, ast.parse((ROOT / name).read_text(encoding="utf-8"))


def named(call: ast.Call) -> str:
    """``torch.load`` of a call's function."""
    return ast.unparse(call.func)


def option(call: ast.Call, name: str) -> object:
    """The value of a keyword that is written out; None where it is not there."""
    given = next((one.value for one in call.keywords if one.arg == name), None)
    return given.value if isinstance(given, ast.Constant) else None


def wrong(call: ast.Call) -> bool:
    """Whether a call could run what a file holds."""
    name = named(call)
    if name in {"eval", "exec", "os.system", "os.popen"}:
        return True
    if name == "torch.load":
        return option(call, "weights_only") is not True
    if name in {"np.load", "numpy.load"}:
        return option(call, "allow_pickle") is True
    if name in {"yaml.load", "yaml.load_all"}:
        loader = next((ast.unparse(one.value) for one in call.keywords if one.arg == "Loader"), "")
        return loader.rpartition(".")[2] not in SAFE_LOADERS
    return name in {"yaml.unsafe_load", "yaml.full_load"} or option(call, "shell") is True


def test_no_module_loads_objects_or_runs_text() -> None:
    found = []
    for name, tree in sources():
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Call) and wrong(node):
                found.append(f"{name}:{node.lineno}: {ast.unparse(node)[:80]}")
            found += [f"{name}:{node.lineno}: {one}" for one in modules if one.partition(".")[0] in FORBIDDEN]
    assert found == []


def test_the_check_finds_what_it_looks_for() -> None:
    bad = ["torch.load(f)", "torch.load(f, weights_only=False)", "np.load(f, allow_pickle=True)", "yaml.load(f)",
           "yaml.load(f, Loader=yaml.Loader)", "eval(text)", "subprocess.run(c, shell=True)"]  # fmt: skip
    good = [
        "torch.load(f, weights_only=True)",
        "np.load(f)",
        "yaml.load(f, Loader=yaml.CSafeLoader)",
        "yaml.safe_load(f)",
    ]
    calls = {text: next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)) for text in bad + good}
    assert [text for text, call in calls.items() if wrong(call)] == bad


def test_messages_are_json_and_nothing_else() -> None:
    for app in (platform, worker):
        assert set(app.conf.accept_content) == {"json"}
        assert app.conf.task_serializer == "json"
        assert app.conf.result_serializer == "json"


def test_sessions_hold_no_objects() -> None:
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
