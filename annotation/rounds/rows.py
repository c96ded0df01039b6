"""Films as rows: what steps and figures that look at all films of a project hold of one."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet


class FilmRow(NamedTuple):
    """A film of a project. ``pk`` is that of its row in the project; ``key`` orders films the same way on every machine
    (sha256 of the original). A tuple, because objects of four tables for each of 30,000 films take ten seconds."""

    pk: UUID
    key: str
    label: str
    source: str
    quality: str
    group: UUID
    state: str


COLUMNS = (
    "pk", "image__sha256", "image__label", "image__source__name", "image__quality_tier", "image__patient__split_group",
    "state",
)  # fmt: skip


def film_rows(films: QuerySet[Any], prefix: str = "") -> list[FilmRow]:
    """All films of a query, in its order; ``prefix`` leads from its rows to the project's film."""
    return [FilmRow(*row) for row in films.values_list(*(f"{prefix}{column}" for column in COLUMNS))]


def stratum_of(film: FilmRow, parts: tuple[str, ...] = ("label", "source")) -> str:
    """Name of a film's stratum, such as ``TB / shenzhen``."""
    values = {"label": film.label or "no class", "source": film.source, "quality": film.quality or "?"}
    return " / ".join(values[part] for part in parts) or "all"
