"""What an import says: one line a problem, and counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from annotation.common.errors import DomainError

ERROR = "error"
"""The row stays out."""
WARNING = "warning"
"""The row goes in."""


@dataclass(frozen=True)
class Problem:
    """One line. ``row`` is that of the CSV as a spreadsheet counts, the header being 1; None means the whole import."""

    severity: str
    row: int | None
    field: str
    value: str
    message: str
    remedy: str
    other: str = ""
    """Id of another film that the line speaks of. Who reads the report is told of it what that person may see."""

    @classmethod
    def of(cls, error: DomainError, row: int | None = None, severity: str = ERROR) -> Problem:
        """A domain error as a line."""
        value = "" if error.value is None else str(error.value)
        return cls(severity, row, error.field, value, error.message, error.remedy)

    def __str__(self) -> str:
        place = f"row {self.row}" if self.row is not None else "import"
        name = f" {self.field}={self.value!r}" if self.field else ""
        return f"{self.severity}: {place}{name}: {self.message}" + (f" -> {self.remedy}" if self.remedy else "")


@dataclass
class ImportReport:
    """Counts are of rows, except ``masks`` (written) and ``near_duplicates`` (links made)."""

    project: str
    role: str
    manifest: str
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    """Rows of the manifest that were asked for."""
    added: int = 0
    """Films that are new to the installation."""
    linked: int = 0
    """Films that were known already, from another row or project, and have come into this project or got a mask."""
    unchanged: int = 0
    """Rows that added nothing: an earlier import or row had brought their film and mask."""
    refused: int = 0
    """Rows with an error."""
    masks: int = 0
    near_duplicates: int = 0
    seconds: float = 0.0
    key: str = ""
    """Where in storage this report lies."""

    @property
    def errors(self) -> list[Problem]:
        """Lines whose row stayed out."""
        return [problem for problem in self.problems if problem.severity == ERROR]

    @property
    def warnings(self) -> list[Problem]:
        """Lines whose row went in."""
        return [problem for problem in self.problems if problem.severity == WARNING]

    @property
    def ok(self) -> bool:
        """No error."""
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; ``counts`` holds the number of errors and warnings too."""
        data = asdict(self)
        severities = Counter(problem.severity for problem in self.problems)
        counts = {
            k: data.pop(k) for k in ("rows", "added", "linked", "unchanged", "refused", "masks", "near_duplicates")
        }
        counts |= {"errors": severities[ERROR], "warnings": severities[WARNING]}
        speed = round(self.rows / self.seconds, 2) if self.seconds else 0.0
        problems = data.pop("problems")
        return {**data, "counts": counts, "images_per_second": speed, "problems": problems}
