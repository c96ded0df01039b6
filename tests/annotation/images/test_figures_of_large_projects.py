"""Figures over all films: always of now in a small project, now and then in a large one, and one at a time."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.cache import cache

from annotation.images import figures
from annotation.images.figures import figure, is_large
from annotation.projects.models import Project
from tests.factories import ProjectFactory, ProjectImageFactory

pytestmark = pytest.mark.one_database


class Clock:
    """Time that moves when it is told to: work takes two seconds."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.works = 0

    def time(self) -> float:
        return self.now

    perf_counter = time

    def work(self) -> int:
        self.now += 2
        self.works += 1
        return self.works


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which figures grow old."""
    made = Clock()
    monkeypatch.setattr(figures, "time", made)
    return made


@pytest.fixture
def project(db: None, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is large already with three films."""
    cache.clear()
    monkeypatch.setattr(figures, "LARGE", 2)
    made: Project = ProjectFactory()
    ProjectImageFactory.create_batch(3, project=made)
    return made


def test_a_project_of_no_more_than_the_limit_is_worked_out_at_each_look(
    db: None, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(figures, "LARGE", 2)
    small = ProjectFactory()
    ProjectImageFactory.create_batch(2, project=small)
    assert not is_large(small)
    assert [figure(small, "films", clock.work) for _ in range(3)] == [1, 2, 3]


def test_a_large_projects_figure_is_shown_for_twenty_times_as_long_as_it_took(project: Project, clock: Clock) -> None:
    assert is_large(project)
    assert figure(project, "films", clock.work) == 1
    clock.now += 39
    assert figure(project, "films", clock.work) == 1
    clock.now += 2
    assert figure(project, "films", clock.work) == 2


def test_no_figure_is_older_than_five_minutes(project: Project, clock: Clock) -> None:
    def long() -> int:
        clock.now += 100
        return clock.work()

    assert figure(project, "films", long) == 1
    clock.now += 299
    assert figure(project, "films", long) == 1
    clock.now += 2
    assert figure(project, "films", long) == 2


def test_figures_of_other_names_and_projects_are_apart(project: Project, clock: Clock) -> None:
    other = ProjectFactory()
    ProjectImageFactory.create_batch(3, project=other)
    assert figure(project, "role=seed", clock.work) == 1
    assert figure(project, "role=pool", clock.work) == 2
    assert figure(other, "role=seed", clock.work) == 3
    assert figure(project, "role=seed", clock.work) == 1


def test_who_asks_while_another_works_gets_what_was_shown_before(project: Project, clock: Clock) -> None:
    assert figure(project, "films", clock.work) == 1
    clock.now += 100
    seen: list[Any] = []

    def while_another_asks() -> int:
        thread = threading.Thread(target=lambda: seen.append(asked_elsewhere()))
        thread.start()
        thread.join(10)
        return clock.work()

    def asked_elsewhere() -> int:
        with pytest.MonkeyPatch.context() as patch:
            # The other thread's connection does not see this test's transaction.
            patch.setattr(figures, "is_large", lambda of: True)
            return figure(project, "films", clock.work)

    assert figure(project, "films", while_another_asks) == 2
    assert seen == [1]


def test_a_figure_that_cannot_be_worked_out_fails_for_him_who_asked_and_is_tried_again(
    project: Project, clock: Clock
) -> None:
    def broken() -> int:
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="gone"):
        figure(project, "films", broken)
    assert figure(project, "films", clock.work) == 1
