"""``python -m mlbackend map``: what a network makes of each pixel of image files, as pictures."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from typing import Any

from mlbackend.cli.files import names_of, read_film


def add_map(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("map", help="draw a network's probabilities in colours over image files")
    parser.add_argument("--weights", type=Path, required=True, help="folder that train wrote, of any target")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures, PNG, and maps.csv")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")


def run_map(options: argparse.Namespace) -> None:
    """Write each file's map and its 8-bit probabilities, the legend and a table into ``--out``.

    Raises CommandError for files that cannot be read, after all others are done.
    """
    # Torch takes seconds to load: not for a typing error.
    from mlbackend.cli.quantify import load_model, tell_unread
    from mlbackend.data.reading import ImageError, read_gray_and_value
    from mlbackend.prediction.infection_map import legend, write_colour, write_gray
    from mlbackend.prediction.maps import AT_ONCE, drawn_maps
    from mlbackend.storage import FolderStorage

    names = names_of(options.files)
    engine = load_model(options.weights, None, len(names))
    out = FolderStorage(options.out)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["image", "highest_probability", "shown_percent"])
    unread: list[str] = []
    for start in range(0, len(names), AT_ONCE):
        films = {}
        for name, path in zip(names[start : start + AT_ONCE], options.files[start : start + AT_ONCE], strict=True):
            try:
                films[name] = read_film(path, read_gray_and_value)
            except ImageError as error:
                unread.append(str(error))
        grays, values = ([film[which] for film in films.values()] for which in (0, 1))
        for name, drawn in zip(films, drawn_maps(engine, grays, values) if films else (), strict=True):
            out.write(f"{name}-map.png", write_colour(drawn.picture))
            out.write(f"{name}-probability.png", write_gray(drawn.steps))
            writer.writerow([name, f"{drawn.highest:.4f}", f"{100 * drawn.shown_share:.2f}"])
            print(f"{out.root / name}-map.png  highest probability {drawn.highest:.3f}")
    out.write("legend.png", write_colour(legend()))
    out.write("maps.csv", table.getvalue().encode())
    tell_unread(unread, len(names))
