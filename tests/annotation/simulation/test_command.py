"""``manage.py simulate`` and ``manage.py demo`` as people call them: real processes, real queues, real training."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from annotation.jobs.runtime import free_port

ROOT = Path(__file__).resolve().parents[3]
FLAGS = [
    *("--target", "lung", "--protocol", "covid-qu", "--image-size", "64", "--seed-count", "14", "--batch-size", "5"),
    *("--batches", "2", "--candidates", "2", "--verify-fraction", "0.2", "--reviewers", "3", "--accept-dsc", "0.8"),
    *("--epochs", "1", "--random-seed", "1", "--threads", "1"),
]


def environment(**changes: str) -> dict[str, str]:
    """As a person's shell has it: without what this test run has set for itself."""
    own = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "GROUNDWORK_DATA_DIR")
    return {**{k: v for k, v in os.environ.items() if k not in own}, "OMP_NUM_THREADS": "1", **changes}


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(**env), capture_output=True, text=True,
        timeout=540, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Procedural films of 128 px."""
    folder = tmp_path_factory.mktemp("phantom")
    command = [sys.executable, "-m", "mlbackend.data.phantom", str(folder), "--count", "36", "--seed", "5"]
    subprocess.run([*command, "--size", "128"], cwd=ROOT, env=environment(), check=True, capture_output=True)
    return folder / "manifest.csv"


def processes_in(folder: Path) -> list[str]:
    """Command lines of running processes whose environment or arguments name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "environ").read_bytes() + (path / "cmdline").read_bytes()
            dead = "State:\tZ" in (path / "status").read_text()
        except OSError:
            continue
        if str(folder).encode() in text and int(path.name) != os.getpid() and not dead:
            found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.e2e
def test_a_run_is_interrupted_goes_on_and_ends_with_its_report_and_dataset(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["simulate", "--manifest", str(manifest), *FLAGS, "--out", str(out)]
    first = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert first.stdout is not None
    lines = []
    for line in first.stdout:
        lines.append(line)
        if "trained" in line:
            break
    first.send_signal(signal.SIGINT)
    rest = first.communicate(timeout=60)[0]
    assert first.returncode == 130, "".join(lines) + rest
    assert "goes on from here" in rest
    assert processes_in(out) == []

    other = manage(*arguments, "--random-seed", "2")
    assert other.returncode == 1
    assert "random_seed 1, not 2" in other.stderr

    second = manage(*arguments)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "importing" not in second.stdout
    assert processes_in(out) == []
    report = json.loads((out / "report.json").read_text())
    assert set(report) == {"stages", "networks", "ground_truth", "effort", "dataset", "wall_seconds"}
    assert [round_["name"] for stage in report["stages"] for round_ in stage["rounds"]][:4] == [
        "I",
        "II.1",
        "II.2",
        "III",
    ]
    assert len(report["networks"]) == 3 + 2 + 2 + 1
    pool = report["dataset"]["pool"]
    assert report["ground_truth"]["all"]["count"] == pool["films"] - pool["excluded"]
    assert pool["without_ground_truth"] == 0
    assert len(list((out / "dataset" / "images").iterdir())) == report["ground_truth"]["all"]["count"]

    third = manage(*arguments)
    assert third.returncode == 1
    assert "finished run" in third.stderr


def test_wrong_flags_are_named_with_their_remedy_and_leave_no_folder(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = manage("simulate", "--manifest", str(manifest), *FLAGS, "--candidates", "7", "--out", str(out))
    assert done.returncode == 1
    assert "--candidates is 7; use a number from 2 to 6" in done.stderr
    assert not out.exists()


@pytest.mark.e2e
def test_a_demo_serves_trains_stops_and_goes_on(tmp_path: Path) -> None:
    data, port = tmp_path / "var", str(free_port())
    for call in ("first", "second"):
        demo = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--films=24", "--seed-count=12", "--epochs=1", f"--port={port}"],
            cwd=ROOT, env=environment(GROUNDWORK_DATA_DIR=str(data)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        assert demo.stdout is not None
        said, begun = "", time.monotonic()
        wanted = r"trained: validation DSC" if call == "first" else r"Ctrl-C stops everything"
        for line in demo.stdout:
            said += line
            if re.search(wanted, line):
                break
            assert time.monotonic() - begun < 400, said
        assert f"http://127.0.0.1:{port}/" in said
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/docs", timeout=30) as page:
            assert page.status == 200
        passwords = dict(line.split() for line in (data / "demo_credentials.txt").read_text().splitlines())
        assert all(f"{name}" in said and password in said for name, password in passwords.items())
        demo.send_signal(signal.SIGINT)
        rest = demo.communicate(timeout=60)[0]
        assert "goes on from here" in rest, said + rest
        assert processes_in(data) == []
    assert "project demo goes on" in said
