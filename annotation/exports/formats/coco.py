"""``coco.json``: masks as run lengths that pycocotools reads, written film by film."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import numpy as np
from pycocotools import mask as rle

from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.masks.codec import decode_png

Films = Callable[[], Iterable[tuple[UUID, list[DatasetItem]]]]


def decode_mask(data: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pixels of a mask's PNG: ``mask_hw``, 0 or 1."""
    return decode_png(data).view(np.uint8)


def annotation_of(mask_hw: np.ndarray[Any, np.dtype[np.uint8]]) -> dict[str, Any]:
    """Segmentation as compressed run lengths, area in pixels, box as [x, y, width, height]; an empty mask has area 0.

    COCO counts runs down the columns, hence the Fortran order. Polygons would lose holes, so all masks are runs.
    """
    code = rle.encode(np.asfortranarray(mask_hw))
    return {
        "segmentation": {"size": [int(side) for side in code["size"]], "counts": code["counts"].decode("ascii")},
        "area": int(rle.area(code)),
        "bbox": [float(value) for value in rle.toBbox(code)],
    }


def coco_json(
    version: DatasetVersion,
    films: Films,
    targets: list[str],
    image_path: Callable[[UUID], str],
    mask_bytes: Callable[[DatasetItem], bytes],
) -> Iterator[bytes]:
    """The whole file; the films are walked twice, as COCO lists images before annotations."""
    categories = [{"id": i, "name": target, "supercategory": "chest"} for i, target in enumerate(targets, start=1)]
    category_of = {category["name"]: category["id"] for category in categories}
    info = {
        "description": ", ".join(head["slug"] for head in version.projects),
        "version": str(version.number),
        "date_created": version.created_at.isoformat(),
        "content_sha256": version.content_sha256,
    }
    yield f'{{"info": {_dump(info)},\n"licenses": [],\n"categories": {_dump(categories)},\n"images": ['.encode()
    for number, (image_id, items) in enumerate(films(), start=1):
        row = items[0].row
        image = {
            "id": number,
            "file_name": image_path(image_id),
            "width": row["width"],
            "height": row["height"],
            "patient_id": row["patient_id"],
            "label": row["label"],
            "split": items[0].split,
        }
        yield (",\n" if number > 1 else "\n").encode() + _dump(image).encode()
    yield b'],\n"annotations": ['
    count = 0
    for number, (_, items) in enumerate(films(), start=1):
        for item in items:
            count += 1
            annotation = {
                "id": count,
                "image_id": number,
                "category_id": category_of[item.target],
                "iscrowd": 0,
                **annotation_of(decode_mask(mask_bytes(item))),
                "provenance": item.provenance,
            }
            yield (",\n" if count > 1 else "\n").encode() + _dump(annotation).encode()
    yield b"]}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
