"""What an admin does, and the engine: films put back or excluded, patients withdrawn, rounds closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from annotation.images.models import ImageRole, ProjectImage
from annotation.privacy.services import patient_withdraw
from annotation.projects.models import Project
from annotation.reviews.models import ReviewBatch
from annotation.reviews.services import film_exclude, film_put_back
from annotation.rounds.models import Round
from annotation.rounds.services import round_close_now
from tests.annotation.machines.book import ASIDE, DONE, OPEN, UNSETTLED, Book
from tests.annotation.machines.desk import Desk, code_of
from tests.annotation.machines.scene import BATCH, GRACE, POOL, REOPEN_ABOVE, Clock, Scene

NUMBER = st.integers(0, 59)


class AdminMoves:
    """Moves of the machine that are no reviewer's."""

    scene: Scene
    clock: Clock
    desk: Desk
    book: Book
    pick: Callable[[list[Any], int], Any]
    hurried = False
    """Whether an admin has said that the round need not wait."""

    def films(self) -> list[Any]:
        """Films of the book in the order in which they were offered."""
        return list(dict.fromkeys(film for _, film in self.book.films))

    @rule(number=NUMBER, back=st.booleans())
    def the_admin_decides_on_a_film_that_was_set_aside(self, number: int, back: bool) -> None:
        aside = [film for film in self.films() if self._aside(film)]
        found = aside or self.films()
        film = found[number % len(found)]
        image = ProjectImage.objects.get(pk=film).image_id
        place: dict[str, Any] = {"project": self.scene.project, "image_id": image, "actor": self.scene.admin}
        if back:
            code, _ = code_of(lambda: film_put_back(**place))
        else:
            code, _ = code_of(lambda: film_exclude(**place, reason="cannot be read"))
        assert code == ("" if aside else "not_set_aside")
        if code:
            return
        keys = self._aside(film)
        if back:
            for key in keys:
                self.book.tasks[key].update(state=OPEN, report=None, kept_for=None)
        else:
            self.book.call_off(film)
            self.book.films[self.book.tasks[keys[0]]["batch"], film]["shut"] = True
        self.book.audit["film.put_back" if back else "film.exclude"] += 1

    def _aside(self, film: Any) -> list[Any]:
        return [key for key, one in self.book.tasks.items() if one["film"] == film and one["state"] == ASIDE]

    @precondition(lambda self: not self.book.gone)
    @rule(number=NUMBER)
    def a_patient_is_withdrawn(self, number: int) -> None:
        films = self.films()
        film = ProjectImage.objects.get(pk=films[number % len(films)])
        patient = film.image.patient
        places = ProjectImage.objects.filter(project=self.scene.project, image__patient=patient)
        gone = set(places.values_list("pk", flat=True))
        name = patient.identifier
        patient_withdraw(identifier=name, confirmation=name, actor=self.scene.admin)
        self.book.gone |= gone
        for one in gone:
            self.book.call_off(one)
        self.book.audit["patient.withdraw"] += 1

    # The engine.

    def batch(self) -> Any:
        """The one that is open, if any."""
        found = [
            batch for batch in dict.fromkeys(batch for batch, _ in self.book.films) if batch not in self.book.closed
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def _over(self, batch: Any) -> bool:
        """Whether all is done on a batch, and the time to take back is over."""
        tasks = [one for one in self.book.tasks.values() if one["batch"] == batch]
        if any(one["state"] in UNSETTLED for one in tasks):
            return False
        last = max((one["at"] for one in tasks if one["state"] == DONE), default=None)
        return last is None or self.hurried or last + GRACE <= self.clock.seconds

    @rule()
    def the_engine_looks(self) -> None:
        batch = self.batch()
        before = dict(self.book.films)
        over = batch is not None and self._over(batch)
        missing = self._to_replace(batch) if over else 0
        self.scene.gpu.walk(self.scene.project)
        rows = ReviewBatch.objects.filter(project=self.scene.project)
        states = dict(rows.values_list("pk", "state"))
        event(f"the engine looks: {'replaces' if missing else 'closes' if over else 'waits'}")
        if not over:
            assert batch is None or states[batch] == "open"
        elif missing:
            assert states[batch] == "open", "excluded films are replaced first"
        else:
            self._closed(batch, states[batch])
        self.desk.meet()
        new = [place for place in self.book.films if place not in before]
        if not over:
            assert not new, "nobody is asked for more before the round is over"
        elif missing:
            assert len(new) == missing
            self.hurried = False

    def _to_replace(self, batch: Any) -> int:
        """Films of stage II that left the dataset and have no other in their place yet, as far as others wait."""
        mine = [film for of, film in self.book.films if of == batch]
        if self.book.films[batch, mine[0]]["asked"].kind != "verdict" or not self._is_stage_two(batch):
            return 0
        excluded = sum(self.book.page_of(film)[0] == "excluded" for film in mine)
        waiting = ProjectImage.objects.filter(project=self.scene.project, role=ImageRole.POOL, state="waiting").count()
        assert waiting <= POOL - len(mine)
        return min(excluded - (len(mine) - BATCH), waiting)

    def _is_stage_two(self, batch: Any) -> bool:
        return Round.objects.get(batch=batch).kind == "evaluation"

    def _closed(self, batch: Any, state: str) -> None:
        kinds = {self.book.films[place]["asked"].kind for place in self.book.films if place[0] == batch}
        if kinds == {"verification"} and self._reopens(batch):
            assert state == "open", "a stratum with too many corrections is verified whole"
        else:
            assert state == "closed"
            self.book.closed.add(batch)
        self.hurried = False

    def _reopens(self, batch: Any) -> bool:
        """Stage IV with one stratum: too many of the drawn were corrected, and others are left to verify."""
        mine = [film for of, film in self.book.films if of == batch]
        drawn = [film for film in mine if film in self.first_drawn(batch) and self.book.page_of(film)[0] != "excluded"]
        wrong = sum(self.book.standing(batch, film).outcome == "verified_corrected" for film in drawn)
        rest = ProjectImage.objects.filter(
            project=self.scene.project, role=ImageRole.POOL, state="settled", repository__superseded_at=None
        )
        left = set(rest.values_list("pk", flat=True)) - set(mine)
        return bool(drawn) and wrong / len(drawn) > REOPEN_ABOVE and bool(left)

    def first_drawn(self, batch: Any) -> set[Any]:
        """Films of the random share."""
        return set(Round.objects.get(batch=batch).films.filter(reason="drawn").values_list("project_image", flat=True))

    @rule()
    def the_admin_closes_the_round(self) -> None:
        batch = self.batch()
        if batch is None:
            return
        tasks = [one for one in self.book.tasks.values() if one["batch"] == batch]
        expected = ""
        if any(one["state"] == OPEN for one in tasks):
            expected = "invalid_transition"
        elif any(one["state"] == ASIDE for one in self.book.tasks.values()):
            expected = "films_set_aside"
        round_ = Round.objects.get(batch=batch)
        code, _ = code_of(lambda: round_close_now(round_=round_, actor=self.scene.admin))
        assert code == expected
        if not code:
            self.hurried = True
            self.book.audit["round.closed_by_hand"] += 1

    def finished(self) -> bool:
        """Whether the project has come to its end."""
        return Project.objects.get(pk=self.scene.project.pk).state == "finished"
