"""One machine, nothing installed: SQLite, the filesystem broker and a folder."""

from annotation.config.settings.base import *  # noqa: F403
