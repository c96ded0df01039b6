"""The second protocol from its first drawing to its last: MDs draw, choose blind among drawings and networks that never
saw them, and networks draw the rest (degerli2021 section II-B)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from annotation.accounts.models import User
from annotation.images.models import Image, ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.jobs.models import Job, JobKind
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.projects.models import Membership, ProjectState
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import Submission, adjudication_submit, correction_submit, selection_submit
from annotation.rounds.models import Provenance, RepositoryEntry
from annotation.rounds.repository import current
from mlbackend.contracts import Split
from tests.annotation.rounds.qata_world import World, all_but_one, deny, drawing, pick
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db


def test_a_project_without_seeds_or_annotators_ends_with_a_truth_for_every_film() -> None:
    world = World()
    world.start()
    names, asked = [], []
    while world.state() == ProjectState.RUNNING:
        names.append(world.round().name)
        asked.append(dict(world.work(pick(MaskKind.CANDIDATE))))
    assert names == ["Ia", "Ib", "II.1"]
    assert asked == [{"correction": 10}, {"selection": 10}, {"selection": 20}]
    assert world.state() == ProjectState.FINISHED
    films = ProjectImage.objects.filter(project=world.project)
    assert set(films.values_list("role", "state")) == {(ImageRole.POOL, ImageState.SETTLED)}
    assert Counter(current(world.project).values_list("provenance", flat=True)) == {Provenance.PICKED: 30}
    purposes = Counter(ModelVersion.objects.filter(project=world.project).values_list("purpose", flat=True))
    assert purposes == {"fold": 9, "candidate": 5, "most_picked": 1}


@pytest.mark.one_database
def test_what_an_md_draws_is_a_drawing_and_stands_until_something_else_is_chosen() -> None:
    world = World()
    world.start()
    world.work(pick(MaskKind.DRAWING))
    entries = RepositoryEntry.objects.filter(project=world.project, superseded_at__isnull=True)
    assert Counter(entries.values_list("provenance", "mask__kind")) == {(Provenance.DRAWN, MaskKind.DRAWING): 10}
    before = dict(entries.values_list("project_image", "mask"))
    world.work(pick(MaskKind.DRAWING))
    after = RepositoryEntry.objects.filter(project=world.project, superseded_at__isnull=True, round_number=2)
    assert dict(after.values_list("project_image", "mask")) == before, "the drawing itself enters, not what was shown"
    assert set(after.values_list("provenance", flat=True)) == {Provenance.PICKED}


@pytest.mark.one_database
def test_each_drawn_film_is_offered_its_drawing_and_one_mask_of_each_network_that_never_saw_its_patient() -> None:
    world = World()
    world.start()
    world.work(pick(MaskKind.DRAWING))
    tasks = ReviewTask.objects.filter(batch__round=world.round(), kind=TaskKind.SELECTION)
    assert tasks.count() == 10
    for task in tasks:
        kinds = Counter(task.candidates.values_list("mask__kind", flat=True))
        assert kinds == {MaskKind.CANDIDATE: 3, MaskKind.DRAWING: 1}
        networks = [c.mask.model_version for c in task.candidates.filter(mask__kind=MaskKind.CANDIDATE)]
        assert len({network.name for network in networks if network}) == 3
        group = str(task.project_image.image.patient.split_group)
        for network in networks:
            assert network is not None
            assert group not in {*network.trained_groups, *network.selected_groups}


@pytest.mark.one_database
def test_a_fold_is_trained_on_drawings_alone_and_chooses_its_best_epoch_on_patients_of_its_own() -> None:
    world = World()
    world.start()
    world.work(pick(MaskKind.DRAWING))
    drawn = {str(pk) for pk in world.round().films.values_list("project_image__image", flat=True)}
    jobs = Job.objects.filter(kind=JobKind.TRAIN, context__purpose="fold")
    assert Counter(job.context["fold"] for job in jobs) == {0: 3, 1: 3, 2: 3}
    for job in jobs:
        by_split: dict[str, set[str]] = defaultdict(set)
        for sample in job.request["samples"]:
            assert sample["sample_id"] in drawn
            by_split[sample["split"]].add(sample["patient"])
        assert by_split[Split.TRAIN]
        assert by_split[Split.VALIDATION]
        assert not by_split[Split.TRAIN] & by_split[Split.VALIDATION]


@pytest.mark.one_database
def test_the_drawn_films_that_select_later_networks_are_set_apart_and_never_teach_them() -> None:
    world = World()
    world.start()
    apart = ProjectImage.objects.filter(project=world.project, split=ImageSplit.VALIDATION)
    groups = {str(group) for group in apart.values_list("image__patient__split_group", flat=True)}
    assert len(groups) == max(
        1, round(0.2 * len(set(world.round().films.values_list("project_image__image__patient", flat=True))))
    )
    while world.state() == ProjectState.RUNNING:
        world.work(pick(MaskKind.CANDIDATE))
    for model in ModelVersion.objects.filter(project=world.project, purpose__in=["candidate", "most_picked"]):
        assert set(model.selected_groups) == groups
        assert not groups & set(model.trained_groups)


def test_nobody_chooses_on_a_film_that_he_drew_while_somebody_else_can() -> None:
    world = World(mds=2)
    world.start()
    world.work(pick(MaskKind.DRAWING))
    drawers = {mask.image_id: mask.author_id for mask in Mask.objects.filter(kind=MaskKind.DRAWING)}
    assert len(set(drawers.values())) == 2

    def choose(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        assert drawers[task.project_image.image_id] != md.pk
        selection_submit(submission=submission, decision="pick", position=0)

    assert world.work(choose) == {"selection": 10}


@pytest.mark.one_database
def test_where_the_other_mds_are_gone_the_one_who_drew_chooses() -> None:
    world = World(mds=2)
    world.start()
    world.work(pick(MaskKind.DRAWING))
    stays = world.mds[0]
    Membership.objects.filter(project=world.project, user=world.mds[1]).delete()
    world.mds = [stays]
    assert world.work(pick(MaskKind.DRAWING)) == {"selection": 10}


def test_a_film_whose_drawing_and_networks_are_all_denied_is_drawn_anew_before_anything_learns_from_it() -> None:
    world = World()
    world.start()
    world.work(pick(MaskKind.DRAWING))
    first = dict(current(world.project).values_list("project_image", "mask"))
    denied: list[Any] = []

    def deny_two(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        if len(denied) < 2:
            denied.append(task.project_image_id)
            selection_submit(submission=submission, decision="deny")
        else:
            selection_submit(submission=submission, decision="pick", position=0)

    world.work(deny_two)
    assert world.round().name == "Ib.denied"
    assert not current(world.project).filter(project_image__in=denied).exists()
    assert world.work(pick(MaskKind.DRAWING)) == {"correction": 2}
    again = dict(current(world.project).filter(project_image__in=denied).values_list("project_image", "mask"))
    assert set(again) == set(denied)
    assert all(again[film] != first[film] for film in denied)
    assert world.round().name == "II.1"


@pytest.mark.one_database
def test_rounds_go_on_over_what_was_denied_until_few_enough_are_and_the_rest_is_drawn() -> None:
    world = World(II={"satisfied_below": 0.1, "most_rounds": 5})
    world.start()
    world.work(pick(MaskKind.DRAWING))
    world.work(pick(MaskKind.DRAWING))
    left = {"II.1": 10, "II.2": 1}
    names, drawn = [], 0
    while world.state() == ProjectState.RUNNING:
        name = world.round().name
        names.append(name)
        to_deny = left.get(name, 0)

        def some(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
            nonlocal to_deny
            if task.kind == TaskKind.SELECTION and to_deny:
                to_deny -= 1
                selection_submit(submission=submission, decision="deny")
            else:
                pick(MaskKind.CANDIDATE)(world, md, task, submission)

        drawn = world.work(some)["correction"]
    assert names == ["II.1", "II.2", "II.denied"], "one film of twenty is below a tenth: it is drawn"
    assert drawn == 1
    assert Counter(current(world.project).values_list("provenance", flat=True)) == {"picked": 29, "drawn": 1}
    taught = [
        len(job.request["samples"]) for job in Job.objects.filter(context__purpose="candidate").order_by("created_at")
    ]
    assert taught[0] < taught[-1], "the second round's networks learn from the first round's picks"


@pytest.mark.one_database
def test_rounds_end_after_the_most_that_the_protocol_allows() -> None:
    world = World(II={"most_rounds": 2})
    world.start()
    world.work(pick(MaskKind.DRAWING))
    world.work(pick(MaskKind.DRAWING))
    names = []
    while world.state() == ProjectState.RUNNING:
        names.append(world.round().name)
        done = world.work(all_but_one())
    assert names == ["II.1", "II.2", "II.denied"]
    assert done == {"correction": 18}
    assert world.state() == ProjectState.FINISHED


@pytest.mark.one_database
def test_a_round_that_brought_no_pick_is_the_last_as_the_next_networks_would_learn_nothing_new() -> None:
    world = World(II={"most_rounds": 5})
    world.start()
    world.work(pick(MaskKind.DRAWING))
    world.work(pick(MaskKind.DRAWING))
    world.work(all_but_one())
    assert world.round().name == "II.2", "one pick is something to learn from"
    world.work(deny)
    assert world.round().name == "II.denied"
    assert world.work(deny) == {"correction": 19}


@pytest.mark.one_database
def test_an_md_who_is_unsure_of_a_film_asks_another_md_whose_advice_comes_back_to_mds() -> None:
    world = World()
    world.start()
    doubted: list[Any] = []

    def doubt(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        if task.kind == TaskKind.ADJUDICATION:
            assert md.pk != doubted[0]
            adjudication_submit(submission=submission, decision="advise", comment="the left base only")
        elif not doubted:
            doubted.append(md.pk)
            correction_submit(submission=submission, decision="unsure", comment="effusion?")
        else:
            correction_submit(submission=submission, png=drawing(task))

    assert world.work(doubt) == {"correction": 11, "adjudication": 1}
    assert world.round().name == "Ib"
    assert current(world.project).count() == 10


@pytest.mark.one_database
def test_an_excluded_film_is_replaced_before_the_networks_learn() -> None:
    world = World()
    world.start()
    out: list[Any] = []

    def exclude_one(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        if not out:
            out.append(task.project_image_id)
            correction_submit(submission=submission, decision="exclude", comment="a lateral view")
        else:
            correction_submit(submission=submission, png=drawing(task))

    assert world.work(exclude_one) == {"correction": 10}
    assert world.round().name == "Ia", "one more film was chosen"
    assert world.work(exclude_one) == {"correction": 1}
    assert world.round().name == "Ib"
    assert world.round().films.count() == 10


@pytest.mark.one_database
def test_the_same_films_and_seed_give_the_same_folds_and_no_patient_is_in_two() -> None:
    from annotation.rounds.rows import film_rows
    from annotation.rounds.steps.folds import folds_by_group

    world = World()
    Image.objects.update(source=SourceFactory())
    films = film_rows(ProjectImage.objects.filter(project=world.project))
    one, other = folds_by_group(films, 5, 3), folds_by_group(films[::-1], 5, 3)
    assert one == other
    assert folds_by_group(films, 5, 4) != one
    sizes = Counter(one[film.group] for film in films)
    assert sorted(sizes) == [0, 1, 2, 3, 4]
    assert max(sizes.values()) - min(sizes.values()) <= 2
    by_label = Counter((one[film.group], film.label) for film in films)
    assert all(np.ptp([by_label[fold, label] for fold in range(5)]) <= 2 for label in ("viral", "covid"))


@pytest.mark.one_database
def test_a_version_of_a_project_without_seeds_is_frozen_and_has_no_label_history() -> None:
    from annotation.common.errors import Conflict
    from annotation.exports.services import dataset_freeze, labels_start

    world = World()
    world.start()
    while world.state() == ProjectState.RUNNING:
        world.work(pick(MaskKind.CANDIDATE))
    version = dataset_freeze(projects=[world.project], actor=None)
    assert version.items.count() == 30
    with pytest.raises(Conflict, match="no network that learnt from seeds alone"):
        labels_start(version=version, actor=None)
