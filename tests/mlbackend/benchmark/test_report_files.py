"""The report as files: a page that needs nothing else, tables that programs and LaTeX read, always the same bytes."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mlbackend.benchmark.report import ReportError, write_report
from mlbackend.benchmark.report.latex import escape
from mlbackend.benchmark.report.names import data_name
from mlbackend.benchmark.report.tables import to_csv
from tests.mlbackend.benchmark.report_world import World, make_world

LUNG_CELLS = [f"lung-parallel-{name}-resnet18-{fold}" for name in ("unet", "unetplusplus", "fpn") for fold in (1, 2)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("benchmark"), left_out=["lung-parallel-unet-resnet18-2"])
    made.report()
    return made


def test_the_page_asks_nothing_of_the_network(world: World) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', world.page) + re.findall(r"url\(([^)]+)\)", world.page)
    beside = {
        str(path.relative_to(world.out / "report")) for path in (world.out / "report").rglob("*") if path.is_file()
    }
    for address in addresses:
        assert address.startswith(("#", "data:image/png;base64,")) or address in beside, address[:80]
    assert "<script" not in world.page


def test_every_id_on_the_page_is_used_once(world: World) -> None:
    ids = re.findall(r'\bid="([^"]+)"', world.page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', world.page):
        assert target in ids


def test_the_same_folder_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in sorted((world.out / "report").rglob("*")) if path.is_file()}
    world.report()
    assert before == {path: path.read_bytes() for path in sorted((world.out / "report").rglob("*")) if path.is_file()}


def test_a_table_of_an_earlier_report_does_not_stay(tmp_path: Path) -> None:
    world = make_world(tmp_path, tasks=["lung"], failed=LUNG_CELLS)
    world.report()
    old = world.out / "report" / "tables" / "table2_heart_parallel.tex"
    old.write_text("of another run")
    world.report()
    assert not old.exists()


def test_a_failed_cell_is_a_row_with_its_words_and_a_missing_one_says_what_to_do(world: World) -> None:
    cells = json.loads((world.out / "report" / "report.json").read_text())["cells"]
    states = {(c["task"], c["scheme"], c["network"], c["fold"]): c for c in cells}
    assert len(cells) == 18
    failed = states["infection", "cascaded", "fpn-resnet18", 2]
    assert (failed["state"], failed["error"]) == ("failed", "the loss was no number in epoch 3")
    missing = states["lung", "parallel", "unet-resnet18", 2]
    assert (missing["state"], missing["cell"]) == ("not run", "")
    assert "run the benchmark again" in missing["error"]
    for words in ("the loss was no number in epoch 3", "not run", "1 of 2 folds", "memory was full: batches of 4"):
        assert words in world.page


def test_tables_as_csv_hold_unrounded_figures_with_their_cells(world: World) -> None:
    report = json.loads((world.out / "report" / "report.json").read_text())
    with (world.out / "report" / "tables" / "segmentation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(report["segmentation"]) == 9
    assert float(rows[0]["dsc"]) == report["segmentation"][0]["dsc"]["value"]
    assert rows[0]["from_cells"] == "lung-parallel-unet-resnet18-1"
    assert rows[1]["from_cells"] == "lung-parallel-unetplusplus-resnet18-1 lung-parallel-unetplusplus-resnet18-2"


def test_latex_tables_are_whole(world: World) -> None:
    files = sorted((world.out / "report" / "tables").glob("*.tex"))
    assert {"table2_lung_parallel.tex", "table3_parallel.tex", "table4_cost.tex"} <= {path.name for path in files}
    for path in files:
        text = path.read_text()
        assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 1
        columns = re.search(r"\\begin\{tabular\}\{(\w+)\}", text)
        assert columns
        lines = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert lines
        for line in lines:
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns[1]) - 1
        bare = re.sub(r"\\.", "", text)
        assert bare.count("{") == bare.count("}")
        assert not re.search(r"(?<!\\)[%#_]", text.replace("$\\pm$", ""))
        assert text.count("$") % 2 == 0


def test_a_latex_table_has_both_intervals(world: World) -> None:
    row = json.loads((world.out / "report" / "report.json").read_text())["segmentation"][0]["dsc"]
    shown = rf"{100 * row['value']:.2f} $\pm$ {100 * row['half']:.2f} ({100 * row['low']:.2f}--{100 * row['high']:.2f})"
    assert shown in (world.out / "report" / "tables" / "table2_lung_parallel.tex").read_text()


def test_a_dataset_is_named_with_the_conditions_that_chose_its_films() -> None:
    assert data_name({"name": "chest", "where": ["set=kermany", "view=PA"]}) == "chest, set=kermany, view=PA"


def test_words_that_latex_or_a_spreadsheet_would_take_for_commands_are_made_harmless() -> None:
    assert escape(r"50% of A_1 & B\{x}") == r"50\% of A\_1 \& B\textbackslash{}\{x\}"
    assert to_csv([{"group": "=1+1", "n": -1}]) == "group,n\n'=1+1,-1\n"


def test_figures_are_files_and_stand_in_the_page(world: World) -> None:
    files = sorted((world.out / "report" / "figures").glob("*.svg"))
    assert {f"{kind}_infection_parallel.svg" for kind in ("agreement", "dsc", "films", "pixels", "training")} <= {
        path.name for path in files
    }
    for path in files:
        assert ET.fromstring(path.read_text()).tag.endswith("svg")
    assert world.page.count("<svg") == len(files)


def test_the_page_shows_films_of_the_network_that_validation_chose(world: World) -> None:
    report = json.loads((world.out / "report" / "report.json").read_text())
    assert report["shown"]["infection/parallel"] == "unet-resnet18"
    for kind in ("worst", "median", "best"):
        assert f"Infection, parallel scheme, unet-resnet18: {kind}" in world.page


def test_words_of_the_data_cannot_become_markup(tmp_path: Path) -> None:
    world = make_world(tmp_path, tasks=["lung"], name="<b>bold</b>", description="<script>alert(1)</script>")
    world.report()
    assert "<script" not in world.page
    assert "&lt;b&gt;bold&lt;/b&gt;" in world.page


def test_a_benchmark_of_which_every_cell_failed_still_has_a_report_that_says_so(tmp_path: Path) -> None:
    world = make_world(tmp_path, tasks=["lung"], failed=LUNG_CELLS)
    report = world.report()
    assert all(row["dsc"]["value"] is None for row in report["segmentation"])
    assert report["cautions"][0].startswith("Without scores: 6 failed, of 6 cells")
    assert "0 of 2 folds" in world.page


def test_where_each_fold_is_the_test_set_once_films_are_those_of_all_folds(tmp_path: Path) -> None:
    world = make_world(tmp_path, tasks=["lung"], test="folds")
    for fold in (1, 2):
        for name in ("unet", "unetplusplus", "fpn"):
            path = tmp_path / "cells" / f"lung-parallel-{name}-resnet18-{fold}" / "films.json"
            scores = json.loads(path.read_text())
            scores["films"] = scores["films"][:6] if fold == 1 else scores["films"][6:]
            path.write_text(json.dumps(scores))
    row = world.report()["segmentation"][0]
    assert (row["films"], row["folds"]) == (12, 2)
    assert "Folds share the test films" not in world.page


def test_a_folder_without_a_plan_or_with_damaged_scores_is_refused_with_the_remedy(tmp_path: Path) -> None:
    world = make_world(tmp_path / "damaged", tasks=["lung"])
    cell = world.out / "cells" / "lung-parallel-unet-resnet18-1"
    (cell / "films.json").write_text('{"films": [')
    with pytest.raises(ReportError, match=r"lung-parallel-unet-resnet18-1.*delete the cell and run again"):
        world.report()
    shutil.rmtree(cell)
    (world.out / "plan.json").unlink()
    with pytest.raises(ReportError, match=r"plan\.json.*run the benchmark on this folder again"):
        write_report(world.out, read_film=world.read_film, read_truth=world.read_truth)


def test_two_folders_of_one_cell_are_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path, tasks=["lung"])
    shutil.copytree(tmp_path / "cells" / "lung-parallel-unet-resnet18-1", tmp_path / "cells" / "again")
    with pytest.raises(ReportError, match="same cell; delete one"):
        world.report()


def test_the_report_loads_no_network_library() -> None:
    code = "import sys, mlbackend.benchmark.report; print({'torch', 'torchvision', 'lightning'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
