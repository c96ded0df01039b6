"""``datasheet.md``: what the dataset is, how it was made, what it cannot be used for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from annotation.exports.models import DatasetVersion

CONVENTIONS = {
    "heart_out": "lungs without the part behind the heart",
    "heart_in": "lungs with the part behind the heart",
    "infection": "infection inside the lungs",
}

LAYOUT = """\
## Files

- `images/`: films as lossless grey PNG at their own resolution.
- `masks_<target>/`: 1-bit PNG masks, same size and name as their film.
- `manifest.csv`: one row a film; `reviewers` and `parents` are lists separated by `;`. It can be imported again.
- `coco.json`: the same masks as compressed run lengths (holes kept). A film whose mask is empty has an annotation of
  area 0; a film without an annotation of a target was not drawn for that target.
- `summary.json`: the figures of this page. `SHA256SUMS`: check with `sha256sum -c SHA256SUMS`.
"""

LIMITS = """\
## Known limits

- Masks of different conventions must not be pooled: their borders differ by rule, not by error.
- Class and source may be confounded (see the counts): a classifier that does well here may have learned the source.
- `provenance` says how a mask became ground truth. Masks that a network drew and a person only accepted or picked lean
  towards that network; a network of the same family scores higher on them than on masks drawn by hand.
- The verification's estimate holds for the strata that it drew from, not for films from elsewhere.
- A film without a patient id counts as a patient of its own; two such films of one person may lie in different splits.
- Patients appear by keyed pseudonyms, the same in all versions of a project. Text burnt into a film's pixels is not
  removed.
- Reviewers appear by pseudonym; active seconds are those in which a task was worked on, not pauses. Probes are left
  out.
- Films and masks are subject to the licence of their source, as the import's column `license` stated it; an empty one
  was not stated.
"""


def datasheet_md(version: DatasetVersion) -> str:
    """The whole page, from the version's frozen figures."""
    return "\n".join([*_head(version), LAYOUT, *_counts(version.summary), *_making(version.summary), LIMITS])


def _head(version: DatasetVersion) -> Iterator[str]:
    summary = version.summary
    names = ", ".join(head["slug"] for head in version.projects)
    yield f"# {names}, version {version.number}\n"
    yield (
        f"{summary['films']} films of {sum(summary['patients'].values())} patients with {summary['masks']} masks, "
        f"frozen {version.created_at:%Y-%m-%d %H:%M} UTC. Content hash `{version.content_sha256}`.\n"
    )
    seeds = "are included" if summary["include_seeds"] else "are left out: they were not reviewed"
    yield f"Seed films, which came with their masks, {seeds}.\n"
    if version.note:
        yield f"Note: {version.note}\n"
    yield "| project | target | convention | protocol | random seed |\n|---|---|---|---|---|"
    for head in version.projects:
        convention = CONVENTIONS.get(head["convention"], head["convention"])
        protocol = f"{head['protocol']} ({head['source']})" if head["source"] else head["protocol"]
        yield f"| {head['slug']} | {head['target']} | {convention} | {protocol} | {head['random_seed']} |"
    yield ""


def _table(title: str, counts: dict[str, Any], unit: str) -> Iterator[str]:
    yield f"| {title} | {unit} |\n|---|---:|"
    # Sorted here, as PostgreSQL keeps no order of keys in JSON.
    for name, count in sorted(counts.items()):
        yield f"| {_cell(name)} | {count} |"
    yield ""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _counts(summary: dict[str, Any]) -> Iterator[str]:
    yield "## Counts\n"
    yield from _table("split", summary["patients"], "patients")
    for name in ("split", "label", "source", "license", "view", "quality"):
        yield from _table(name, summary["films_by"][name], "films")
    yield "| split | label | films |\n|---|---|---:|"
    for cell in summary["films_by_split_and_label"]:
        yield f"| {cell['split']} | {_cell(cell['label'])} | {cell['films']} |"
    yield ""
    for target, figures in sorted(summary["targets"].items()):
        yield f"### Masks of {target}\n"
        yield (
            f"{figures['masks']} masks, {figures['empty_masks']} of them empty, "
            f"{figures['active_seconds']:.0f} active seconds of people's time.\n"
        )
        for name in ("provenance", "verified", "network", "convention"):
            yield from _table(name, figures[f"masks_by_{name}"], "masks")


def _making(summary: dict[str, Any]) -> Iterator[str]:
    yield "## How it was made\n"
    yield (
        f"{summary['reviewers']} reviewer(s) worked on these films. Each project followed the protocol below; a mask's "
        "row in the manifest names the network, the round, the masks it was made from and the people who judged it.\n"
    )
    for slug, found in sorted(summary["verification"].items()):
        yield f"### Verification of {slug}\n"
        if found is None:
            yield "No verification has been finished: there is no estimate of what is still wrong.\n"
        else:
            yield f"Figures of round {found['round']}:\n"
            yield from _json(found)
    for slug, protocol in sorted(summary["protocols"].items()):
        yield f"### Protocol of {slug}\n"
        yield from _json(protocol)


def _json(value: Any) -> Iterator[str]:
    yield "```json"
    yield json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    yield "```\n"
