"""The page that lists all settings, written from their declarations."""

from __future__ import annotations

from mlbackend.environment.declared import GROUPS
from mlbackend.environment.setting import Setting

HEAD = """\
# Settings

<!-- Written by `make settings` from mlbackend/environment/declared.py; change it there. -->

All come from environment variables; the embedded default needs none. An empty variable counts as absent. A value that
cannot be used stops the process at its start, with the variable's name, its value and what would be right.
Those marked *needed* have no default with the production settings. [Deployment](deployment.md) shows them at work;
what `docker/.env` holds besides is explained in `docker/.env.example`.
"""


def page() -> str:
    """The whole page as Markdown, with a newline at its end."""
    parts = [HEAD]
    for name, settings in GROUPS.items():
        rows = "\n".join(_row(setting) for setting in settings)
        parts.append(f"## {name}\n\n| variable | type | default | meaning |\n|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(setting: Setting) -> str:
    default = setting.instead or (f"`{setting.default}`" if setting.default else "empty")
    if setting.in_production is not None:
        default += f", in production `{setting.in_production}`"
    meaning = setting.meaning + ("; *needed*" if setting.production else "") + ("; secret" if setting.secret else "")
    return f"| `{setting.name}` | {setting.kind.words} | {default} | {meaning} |"
