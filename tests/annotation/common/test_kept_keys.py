"""Keys that the embedded default makes for itself."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from annotation.config.keys import kept

ROOT = Path(__file__).resolve().parents[3]
MANY = """
import secrets, sys, threading
from pathlib import Path
from annotation.config.keys import kept
path, found = Path(sys.argv[1]), []
begin = threading.Barrier(8)
def start():
    begin.wait()
    found.append(kept(path, secrets.token_urlsafe(50)))
threads = [threading.Thread(target=start) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*found)
"""


def test_processes_that_start_together_find_one_whole_key(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    running = [
        subprocess.Popen([sys.executable, "-c", MANY, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    found = {key for process in running for key in process.communicate()[0].split()}
    assert found == {path.read_text()}
    assert len(path.read_text()) > 50
    assert [left.name for left in path.parent.iterdir()] == ["secret_key"]


def test_a_key_is_readable_by_its_owner_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert kept(path, "first") == "first"
    assert kept(path, "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
