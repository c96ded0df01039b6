"""A benchmark shared by real workers, one of which is killed in the middle of a training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.mlbackend.benchmark.world import config, write_films

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 240


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """Environment of workers and command: a broker of their own, signs of life that grow old quickly."""
    write_films(tmp_path / "data")
    settings = config(tasks=["lung"]).to_json()
    settings["training"]["epochs"] = 25
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings))
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CELERY_BROKER_URL": f"filesystem://{tmp_path}/broker",
        "GROUNDWORK_DATA_DIR": str(tmp_path / "var"),
        "JOB_HEARTBEAT_STALE_SECONDS": "8",
        "BENCHMARK_SEND_AGAIN_SECONDS": "12",
    }


@pytest.fixture
def workers(world: dict[str, str], tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "celery", "-A", "mlbackend.worker.app", "worker", "-Q", "gpu-train"]
    started = []
    for number in range(2):
        log = (tmp_path / f"worker-{number}.log").open("w")
        name = ["--hostname", f"w{number}@here"]
        started.append(
            subprocess.Popen(
                [*command, *name], cwd=ROOT, env=world, stdout=log, stderr=log, text=True, start_new_session=True
            )
        )
    yield started
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_two_workers_share_the_grid_and_the_death_of_one_costs_no_cell(
    world: dict[str, str], workers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "mlbackend", "benchmark", "--config", str(tmp_path / "small.yaml"), "--queue",
        "--no-cost", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=world, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines, names, dead = [], set(), ""
    deadline = time.monotonic() + SECONDS
    try:
        for line in process.stdout:
            lines.append(line)
            assert time.monotonic() < deadline, "".join(lines)
            if ": epoch " in line:
                names.add(line.rsplit(" at ", 1)[1].strip())
            if len(names) == 2 and not dead:
                victim = workers[0]
                dead = next(name for name in names if name.endswith(f":{victim.pid}"))
                os.killpg(victim.pid, signal.SIGKILL)
        assert process.wait(30) == 0, "".join(lines)
    finally:
        process.kill()
    said = "".join(lines)
    assert dead, said
    assert "sent again" in said
    for fold in (1, 2):
        assert f"lung.fpn-mobilenet_v2.fold{fold}: validation DSC" in said
        assert (tmp_path / f"out/cells/lung.fpn-mobilenet_v2.fold{fold}/result.json").exists()
    assert (tmp_path / "out/report/index.html").exists()
