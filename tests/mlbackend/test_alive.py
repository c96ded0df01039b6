"""Health checks of containers."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlbackend.alive import leave_sign, trouble_of_page, trouble_of_sign


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROUNDWORK_DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_worker_that_has_just_left_its_sign_is_well(folder: Path) -> None:
    leave_sign("gpu")
    assert trouble_of_sign("gpu", 90) == ""


def test_a_worker_that_has_done_nothing_yet_is_not_well() -> None:
    assert trouble_of_sign("gpu", 90) == "gpu has done no round yet"


def test_a_worker_that_stands_still_is_told_with_its_age(folder: Path) -> None:
    leave_sign("gpu")
    old = time.time() - 200
    os.utime(folder / "alive/gpu", (old, old))
    assert trouble_of_sign("gpu", 90) == "gpu did its last round 200 s ago"


def test_a_sign_left_again_is_new(folder: Path) -> None:
    leave_sign("gpu")
    os.utime(folder / "alive/gpu", (0, 0))
    leave_sign("gpu")
    assert trouble_of_sign("gpu", 90) == ""


def test_a_folder_that_cannot_be_written_stops_no_worker(folder: Path) -> None:
    (folder / "alive").write_text("a file where the folder should be")
    leave_sign("gpu")


class _Page(http.server.BaseHTTPRequestHandler):
    asked: list[tuple[str | None, str | None]] = []
    status = 200

    def do_GET(self) -> None:
        self.asked.append((self.headers["Host"], self.headers["X-Forwarded-Proto"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"checks": {"storage": "no answer"}}')

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def page() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _Page.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}/health/ready"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_is_asked_under_the_first_allowed_name_as_if_by_tls(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "films.hospital.example,web")
    assert trouble_of_page(page) == ""
    assert _Page.asked == [("films.hospital.example", "https")]


def test_what_the_page_says_is_handed_on(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Page, "status", 503)
    assert trouble_of_page(page) == f'{page} answers 503: {{"checks": {{"storage": "no answer"}}}}'


def test_a_process_that_does_not_listen_is_told() -> None:
    assert "does not answer" in trouble_of_page("http://127.0.0.1:9/health/ready")


def test_the_command_ends_as_docker_wants_it(folder: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "mlbackend.alive", "sign", "platform", "60"]
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 1
    leave_sign("platform")
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0
