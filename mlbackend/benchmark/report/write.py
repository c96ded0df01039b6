"""Make the report of a benchmark's folder."""

from __future__ import annotations

import json
from pathlib import Path

from mlbackend.benchmark.report.cases import ReadFilm, ReadTruth, make_cases
from mlbackend.benchmark.report.document import main_entries, make_document, shown_entries
from mlbackend.benchmark.report.entries import make_entries
from mlbackend.benchmark.report.figures import draw_figures, write_figures
from mlbackend.benchmark.report.inputs import read_inputs
from mlbackend.benchmark.report.page import make_page
from mlbackend.benchmark.report.tables import write_tables
from mlbackend.storage import Storage


def write_report(out: Path, *, read_film: ReadFilm, read_truth: ReadTruth, storage: Storage | None = None) -> Path:
    """Write ``out/report``: index.html, report.json, tables and figures; returns the page.

    ``read_film`` gives a film, by its id, as (H, W) uint8; ``read_truth`` a true mask, by task and film's id, as (H, W)
    bool: both at the film's own resolution. ``storage`` is where the cells' keys lead to, ``out`` itself by default.
    Precondition: ``out`` holds ``plan.json`` (``BenchmarkRecord``); cells that failed or were not run are reported as
    such. The same folder gives the same bytes. Raises ReportError, naming the file and the remedy, where the folder
    cannot be read, and what the readers raise.
    """
    inputs = read_inputs(out, storage)
    entries = make_entries(inputs)
    document = make_document(inputs, entries)
    main = main_entries(inputs, entries)
    cases = {
        (entry.task, entry.scheme): make_cases(entry, inputs.storage, read_film, read_truth)
        for entry in shown_entries(main)
    }
    folder = out / "report"
    folder.mkdir(parents=True, exist_ok=True)
    # What an earlier report had and this one has not would be taken for this one's.
    for old in [*folder.glob("tables/*"), *folder.glob("figures/*")]:
        old.unlink()
    figures = draw_figures(document, main)
    files = [f"tables/{name}" for name in write_tables(document, folder / "tables")]
    files += [f"figures/{name}" for name in write_figures(figures, folder / "figures")]
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    page = folder / "index.html"
    page.write_text(make_page(document, figures, cases, files), encoding="utf-8")
    return page
