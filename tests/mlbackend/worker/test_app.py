"""The worker's Celery app needs no Django, no database and, before its first task, no torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlbackend.worker.device import apply_device_choice


def test_the_worker_loads_neither_django_nor_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from mlbackend.worker.app import app; app.loader.import_default_modules();"
        "print(sorted(t for t in app.tasks if not t.startswith('celery.')));"
        "print(sorted({'django.db', 'torch', 'annotation'} & set(sys.modules)))"
    )
    env = {
        **os.environ,
        "GROUNDWORK_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
    }
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "['gpu.benchmark', 'gpu.benchmark_step', 'gpu.find', 'gpu.map', 'gpu.predict', 'gpu.train']",
        "[]",
    ]


@pytest.mark.parametrize(("choice", "visible"), [("auto", "kept"), ("cpu", ""), ("CUDA:1", "1"), ("", "kept")])
def test_the_device_is_chosen_by_what_torch_may_see(monkeypatch: pytest.MonkeyPatch, choice: str, visible: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "kept")
    monkeypatch.setenv("GROUNDWORK_DEVICE", choice)
    apply_device_choice()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


def test_an_unknown_device_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="use auto, cpu or cuda:N"):
        apply_device_choice("gpu")
