"""People who know nothing of the house but its REST API."""

from __future__ import annotations

import io
import uuid
from collections import Counter
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.support.pictures import mask_png_bytes

PASSWORD = "a long enough pass phrase"


class Person:
    """Somebody with a token. Answers outside 2xx are errors unless they are asked for."""

    def __init__(self, url: str, username: str, password: str = PASSWORD) -> None:
        answer = httpx.post(f"{url}/api/tokens", json={"username": username, "password": password}, timeout=60)
        assert answer.status_code == 201, answer.text
        self.name = username
        self.http = httpx.Client(
            base_url=f"{url}/api",
            timeout=120,
            headers={"Authorization": f"Bearer {answer.json()['token']}"},
        )

    def ask(self, method: str, path: str, *, status: int | tuple[int, ...] = (200, 201, 204), **body: Any) -> Any:
        """JSON of an answer, or bytes where it is no JSON."""
        answer = self.http.request(method, path, **body)
        wanted = (status,) if isinstance(status, int) else status
        assert answer.status_code in wanted, f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

    def get(self, path: str, **options: Any) -> Any:
        """GET."""
        return self.ask("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        """POST of JSON."""
        return self.ask("POST", path, json=json, **options)

    def pixels(self, url: str) -> np.ndarray:
        """A picture by the address that a payload gave."""
        data = self.ask("GET", url.removeprefix("/api"))
        return np.asarray(Image.open(io.BytesIO(data)))


class SignedIn(Person):
    """Somebody with a session, as in a browser: what no token may do needs one."""

    def __init__(self, url: str, username: str, password: str = PASSWORD) -> None:
        self.name = username
        self.http = httpx.Client(base_url=f"{url}/api", timeout=120)
        self._prove()
        self.post("/sign-in", {"username": username, "password": password})
        self._prove()

    def _prove(self) -> None:
        self.http.headers["X-CSRFToken"] = self.get("/csrf")["csrf_token"]


class Reviewer(Person):
    """Somebody who works the queue of a project as a browser does: next, look, act."""

    def __init__(self, url: str, username: str, project: str) -> None:
        super().__init__(url, username)
        self.project = project
        self.did: Counter[str] = Counter()
        self.seconds = 0.0

    def next(self, count: int = 1, **options: Any) -> list[dict[str, Any]]:
        """Tasks from the queue."""
        tasks: list[dict[str, Any]] = self.post(f"/projects/{self.project}/queue/next", {"count": count, **options})[
            "tasks"
        ]
        return tasks

    def look(self, task: dict[str, Any]) -> dict[str, Any]:
        """Open the task and load its film and masks; returns their arrays."""
        self.post(f"/tasks/{task['id']}/open")
        film = self.pixels(task["image"]["pixels"])
        assert film.shape == (task["image"]["height"], task["image"]["width"])
        masks = [candidate["url"] for candidate in task["candidates"]]
        if task["proposal"]:
            masks.append(task["proposal"]["url"])
        return {"film": film, "masks": [self.pixels(url) for url in masks]}

    def act(self, task: dict[str, Any], act: str, mask: np.ndarray | None = None, **body: Any) -> dict[str, Any]:
        """Send an act, and send it again as a browser would whose first answer got lost."""
        common = {
            "idempotency_key": uuid.uuid4().hex,
            "lease_token": task["lease_token"],
            "active_seconds": 2.5,
            **body,
        }
        path = f"/tasks/{task['id']}/{act}"
        for attempt in (201, 200):
            if mask is None:
                receipt = self.post(path, common, status=attempt)
            else:
                files = {"mask": ("mask.png", mask_png_bytes(mask), "image/png")}
                receipt = self.ask("POST", path, data=common, files=files, status=attempt)
            if attempt == 201:
                first = receipt
        assert receipt["act"] == first["act"]
        self.did[f"{act}:{body.get('decision', 'done')}"] += 1
        self.seconds += 2.5
        return first

    def undo(self, task: dict[str, Any]) -> dict[str, Any]:
        """Take the last act on a task back."""
        again: dict[str, Any] = self.post(f"/tasks/{task['id']}/undo", {"idempotency_key": uuid.uuid4().hex})
        self.did["undo"] += 1
        return again


def corrected(mask_hw: np.ndarray, film_hw: np.ndarray) -> np.ndarray:
    """A drawing that is surely another than the proposal: two boxes where lungs lie."""
    height, width = film_hw.shape
    drawing = np.zeros((height, width), bool)
    drawing[height // 5 : 4 * height // 5, width // 6 : 2 * width // 5] = True
    drawing[height // 5 : 4 * height // 5, 3 * width // 5 : 5 * width // 6] = True
    if np.array_equal(drawing, mask_hw > 0):
        drawing[height // 5] = False
    return drawing
