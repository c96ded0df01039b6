"""The folder of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.common.errors import Conflict
from annotation.simulation.folder import Clock, RunFolder


def test_everything_that_works_lives_in_the_folder_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "GROUNDWORK_DATA_DIR"):
        monkeypatch.setenv(name, "somewhere else")
    env = RunFolder(tmp_path / "run").environment("", "")
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL", "GROUNDWORK_DATA_DIR"):
        assert str(tmp_path / "run" / "state") in env[name]


def test_a_finished_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(Conflict, match="finished run"):
        RunFolder(tmp_path).check({})


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(Conflict, match="other files"):
        RunFolder(tmp_path).check({})


def test_an_interrupted_run_goes_on_with_the_same_settings_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.keep({"epochs": 10, "where": ["set=a"]})
    folder.check({"epochs": 10, "where": ["set=a"]})
    with pytest.raises(Conflict, match="epochs 10, not 3"):
        folder.check({"epochs": 3, "where": ["set=a"]})


def test_two_processes_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with RunFolder(tmp_path).alone(), pytest.raises(Conflict, match="another process"), RunFolder(tmp_path).alone():
        pass


def test_a_clock_adds_up_over_interruptions(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text('{"protocol": 100.0}')
    with pytest.raises(KeyboardInterrupt), Clock(path).time("protocol"):
        raise KeyboardInterrupt
    assert Clock(path).parts["protocol"] >= 100.0
