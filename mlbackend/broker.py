"""Where messages travel: one URL for the platform and for every worker. Imports neither torch nor Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from mlbackend.filebroker import register

VISIBILITY_TIMEOUT_SECONDS = 24 * 3600
"""Redis gives a message to another worker after this time: it exceeds the longest job, the sweep is quicker anyway."""


def broker_settings(url: str) -> tuple[str, dict[str, Any]]:
    """Celery's broker URL and transport options.

    ``filesystem:///folder`` keeps messages as files in that folder, which is made here; ``redis://`` needs a server.
    Raises ValueError that names the URL and the valid schemes.
    """
    scheme = urlparse(url).scheme
    if scheme in {"redis", "rediss"}:
        return url, {"visibility_timeout": VISIBILITY_TIMEOUT_SECONDS}
    if scheme == "filesystem":
        folder = Path(urlparse(url).path)
        if not folder.is_absolute() or len(folder.parts) < 2:
            raise ValueError(f"CELERY_BROKER_URL={url!r} names no absolute folder; write filesystem:///some/folder")
        messages, control = folder / "messages", folder / "control"
        for path in (messages, control):
            path.mkdir(parents=True, exist_ok=True)
        register()
        return "filesystem://", {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            "store_processed": False,
            # The default of a second would let a worker that takes one message at a time take one a second.
            "polling_interval": 0.1,
        }
    raise ValueError(f"CELERY_BROKER_URL={url!r} has scheme {scheme!r}; valid are filesystem:// and redis://")
