"""The queue asked over REST."""

from __future__ import annotations

import json
from typing import Any

from tests.annotation.reviews.world import World


def fetch(client: Any, world: World, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(f"/api/projects/{world.project.slug}/queue/next", body)
    assert answer.status_code == 200, answer.content
    tasks: list[dict[str, Any]] = json.loads(answer.content)["tasks"]
    return tasks
