"""What one person sends, on the platform and in the book: both must come to the same."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from hypothesis import event

from annotation.common.blobs import blobs
from annotation.common.errors import DomainError
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask
from annotation.reviews.services import (
    Receipt,
    adjudication_submit,
    correction_submit,
    report_submit,
    selection_submit,
    verdict_submit,
    verification_submit,
)
from tests.annotation.machines import reading
from tests.annotation.machines.book import ASIDE, DONE, OPEN, Book
from tests.annotation.machines.scene import LEASE, Clock, Scene
from tests.annotation.reviews.world import HEIGHT, WIDTH, drawing, submission
from tests.support.ledger import Film, Said, dsc, kind_of, role_of

SECONDS = 2.0
DECISIONS = {
    "verdict": ("accept", "reject", "unsure", "exclude"),
    "correction": ("correct", "correct far", "unsure", "exclude"),
    "adjudication": ("accept", "advise", "draw", "exclude", "refer"),
    "selection": ("pick", "pick", "deny"),
    "verification": ("confirm", "correct"),
}
NEAR_ROWS, FAR_ROWS = (8, 9, 10), 24
"""Upper rows that a drawing leaves out: two near ones agree, a near and a far one do not."""


def code_of(call: Any) -> tuple[str, Any]:
    """The refusal's code, or nothing and the result."""
    try:
        return "", call()
    except DomainError as error:
        return error.code, None


class Desk:
    """Both sides, and the ways to compare them."""

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self.scene, self.clock, self.project = scene, clock, scene.project
        roles = {person.pk: {Role.ANNOTATOR} for person in scene.annotators}
        roles |= {person.pk: {Role.PHYSICIAN} for person in scene.physicians}
        roles[scene.both.pk] = {Role.ANNOTATOR, Role.PHYSICIAN}
        self.book = Book({who: frozenset(map(str, words)) for who, words in roles.items()}, LEASE)
        self.people = {person.pk: person for person in scene.people}
        self.drawn: dict[Any, np.ndarray] = {}
        self.sent: list[tuple[Any, Any, str, dict[str, Any]]] = []
        """Person, task, key and what was said, of each act in its order."""
        self.open_first = reading.open_batches(self.project)
        self.over = {row["batch_id"] for row in reading.tasks(self.project).values()} - self.open_first
        """Batches that were closed before the machine began."""
        self.audited_before = reading.audited()
        self.asked = 0
        self.truths = reading.truths_ever(self.project)
        self.meet()

    def rows(self) -> dict[Any, dict[str, Any]]:
        """The platform's tasks of the batches that the book is about."""
        return {pk: row for pk, row in reading.tasks(self.project).items() if row["batch_id"] not in self.over}

    def key(self) -> str:
        """Another one each time, the same in each run of an example."""
        return f"key-{len(self.book.acts):08d}"

    def row(self, task: Any) -> ReviewTask:
        """The task as the platform has it."""
        return ReviewTask.objects.select_related("project").get(pk=task)

    # New tasks and films.

    def meet(self) -> None:
        """Take note of new tasks: each must be one that the acts ask for."""
        rows = [row for row in self.rows().values() if row["pk"] not in self.book.tasks]
        pages = reading.pages(self.project, {row["project_image_id"] for row in rows})
        for row in rows:
            place = row["batch_id"], row["project_image_id"]
            root = ">" not in row["path"]
            if root and place not in self.book.films:
                self._new_film(row, rows, pages[row["project_image_id"]])
            if not row["is_probe"]:
                assert row["path"] in self.book.standing(*place).waits_for, f"nobody asked for {row['path']}"
                assert row["role"] == role_of(row["path"])
                taken = [one for one in self._at(*place, row["path"]) if one["state"] in (OPEN, ASIDE, DONE)]
                assert not taken, f"{row['path']} is asked twice"
            if not root and kind_of(row["path"]) != "selection":
                assert row["proposal_id"] == self.book.films[place]["asked"].proposal
            if kind_of(row["path"]) != "selection":
                assert row["proposal_id"] is not None
            self.book.new_task(
                row["pk"], batch=place[0], film=place[1], path=row["path"], kind=row["kind"], role=row["role"],
                readings=row["replicas"], probe=row["is_probe"], order=row["order"],
            )  # fmt: skip

    def _at(self, batch: Any, film: Any, path: str) -> list[dict[str, Any]]:
        found = self.book.tasks.values()
        return [one for one in found if (one["batch"], one["film"], one["path"]) == (batch, film, path)]

    def _new_film(self, row: dict[str, Any], rows: list[dict[str, Any]], page: tuple[str, Any, str]) -> None:
        mine = [one for one in rows if not one["is_probe"] and one["project_image_id"] == row["project_image_id"]]
        first = mine[0]
        limit = first["agree_dsc"]

        def alike(one: Any, other: Any) -> bool:
            return limit is None or dsc(self.drawn[one], self.drawn[other]) >= limit

        asked = Film(first["kind"], first["proposal_id"], first["replicas"], first["corrections"], alike)
        before = page if first["kind"] == "verification" else ("chosen", None, "")
        self.book.new_film(row["batch_id"], row["project_image_id"], asked, before)

    def ordered(self) -> list[Any]:
        """Tasks in an order that is the same in each run of an example."""
        films = list(self.book.films)

        def place(pair: tuple[Any, dict[str, Any]]) -> Any:
            at = films.index((pair[1]["batch"], pair[1]["film"]))
            return at, pair[1]["probe"], pair[1]["path"], list(self.book.tasks).index(pair[0])

        return [key for key, _ in sorted(self.book.tasks.items(), key=place)]

    # Acts.

    def content(self, task: Any, number: int) -> dict[str, Any]:
        """What a person says of the task, by a number that is drawn."""
        kind = self.book.tasks[task]["kind"]
        words = DECISIONS[kind]
        word = words[number % len(words)]
        said: dict[str, Any] = {"kind": kind, "decision": word.removesuffix(" far")}
        if word == "pick":
            places = sorted(reading.candidates(task))
            said["position"] = places[number // len(words) % len(places)]
        if word in {"exclude", "advise"}:
            said["comment"] = "because"
        if word in {"correct", "correct far", "draw"}:
            rows = FAR_ROWS if word == "correct far" else NEAR_ROWS[number // len(words) % len(NEAR_ROWS)]
            said["rows"] = rows
        return said

    def send(self, who: Any, task: Any, key: str, said: dict[str, Any]) -> tuple[str, Receipt | None]:
        """To the platform; its code or its receipt."""
        form = submission(self.people[who], self.row(task), key, SECONDS)
        rest: dict[str, Any] = {name: said[name] for name in ("comment", "position") if name in said}
        if "rows" in said:
            rest["png"] = drawing(said["rows"])
        if said["kind"] == "report":
            return code_of(lambda: report_submit(submission=form))
        submits: dict[str, Any] = {
            "verdict": verdict_submit, "correction": correction_submit, "adjudication": adjudication_submit,
            "selection": selection_submit, "verification": verification_submit,
        }  # fmt: skip
        return code_of(lambda: submits[said["kind"]](submission=form, decision=said["decision"], **rest))

    def act(self, who: Any, task: Any, said: dict[str, Any]) -> None:
        """An act, new: refused, counted or kept beside, as the book says."""
        key, page = self.key(), self.book.tasks[task]
        refusal = self.book.refusal(who, task, said["decision"])
        candidates = reading.candidates(task) if said["decision"] == "pick" else {}
        code, receipt = self.send(who, task, key, said)
        event(f"{said['kind']} {said['decision']}: {code or ('counts' if receipt and receipt.counts else 'beside')}")
        assert code == refusal, f"{code or 'taken'}, the book says {refusal or 'taken'}"
        if receipt is None:
            return
        mask, credited = self._mask(receipt, said, candidates)
        counts = self.book.say(
            who, key, task, said["decision"], self.clock.seconds, SECONDS, Said(said["decision"], mask, credited, key)
        )
        self.sent.append((who, task, key, said))
        assert (receipt.counts, receipt.repeated) == (counts, False)
        assert bool(receipt.message) != counts
        self.meet()
        follows = receipt.follow_up.pk if receipt.follow_up else None
        given = [
            key
            for key, one in self.book.tasks.items()
            if one["holder"] == who and one["kept_for"] == who and one["path"] == "verdict>correction/0"
            and (one["batch"], one["film"]) == (page["batch"], page["film"])
        ]  # fmt: skip
        rejected_last = counts and said["decision"] == "reject" and not page["probe"] and given
        assert follows == (given[0] if rejected_last else None)

    def _mask(self, receipt: Receipt, said: dict[str, Any], candidates: Any) -> tuple[Any, tuple[Any, ...]]:
        if said["decision"] == "pick":
            mask, tie = candidates[said["position"]]
            return mask, tuple(sorted(str(one) for one, of in candidates.values() if of == tie))
        result = getattr(receipt.act, "result_id", None)
        assert (result is not None) == ("rows" in said)
        if result is not None:
            self.drawn[result] = self.stored(result)
            sent = cv2.imdecode(np.frombuffer(drawing(said["rows"]), np.uint8), cv2.IMREAD_GRAYSCALE) > 0
            assert np.array_equal(self.drawn[result], sent), "another mask is kept than was drawn"
        return result, ()

    def stored(self, mask: Any) -> np.ndarray:
        """A mask (H, W) bool as its file has it."""
        data = np.frombuffer(blobs().read(Mask.objects.get(pk=mask).storage_key), np.uint8)
        found = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) > 0)
        assert found.shape == (HEIGHT, WIDTH)
        return found
