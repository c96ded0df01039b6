"""A protocol tells people what its parameters mean and what may be entered; pages need no words of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.projects.models import CONVENTIONS, Project
from annotation.projects.protocol import Protocol, ProtocolError, catalogue, get_protocol, rules_of
from annotation.projects.selectors import protocol_describe, protocols_describe, targets_describe
from annotation.projects.services import protocol_resolve
from tests.factories import SuperuserFactory, UserFactory

pytestmark = pytest.mark.one_database

PARAMETERS = [
    (protocol["name"], part["name"], parameter)
    for protocol in protocols_describe()
    for part in protocol["parts"]
    for parameter in part["parameters"]
]


@pytest.mark.parametrize(("protocol", "part", "parameter"), PARAMETERS, ids=lambda one: str(one)[:30])
def test_every_parameter_says_what_it_means_and_what_is_valid(
    protocol: str, part: str, parameter: dict[str, Any]
) -> None:
    assert protocol in catalogue()
    text = parameter["explanation"]
    assert text.endswith(".")
    assert 1 <= text.count(". ") + 1 <= 2, "one or two sentences"
    assert parameter["valid"]
    assert parameter["path"] in {parameter["name"], f"{part}.{parameter['name']}"}


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_no_field_of_a_protocol_is_kept_from_people(name: str) -> None:
    told = {parameter["path"] for protocol, _, parameter in PARAMETERS if protocol == name}
    data = get_protocol(name).to_json()
    fields = {f"{stage['name']}.{name}" for stage in data["stages"] for name in stage if name not in {"kind", "name"}}
    assert fields | {f"training.{name}" for name in data["training"]} | {"postprocess"} == told


def test_a_default_is_one_that_its_own_rule_accepts() -> None:
    for name in catalogue():
        protocol = get_protocol(name)
        for part in (*protocol.stages, protocol.training, protocol):
            for field, rule in rules_of(type(part)).items():
                assert rule.accepts(getattr(part, field)), field


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("training", "image_size", 100), ("training", "image_size", 4096), ("training", "epochs", 1.5),
        ("training", "learning_rate", 0), ("training", "learning_rate", float("nan")), ("training", "loss", "l1"),
        ("training", "encoder_weights", "ftp:x"), ("I", "networks", []), ("I", "networks", "unet"),
        ("I", "networks", [{"architecture": "vgg", "encoder": "x"}]), ("I", "validation_fraction", 1),
        ("II", "total", 40), ("II", "replicas", 10), ("II", "stop_accept_rate", "high"), ("II", "probe_fraction", 1.2),
        ("III", "include_seeds", "yes"), ("III", "tie_dsc", 0), ("IV", "strata", ["sex"]), ("IV", "strata", 3),
        ("IV", "reopen_above", None), ("II", "batch_size", True),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_under_the_path_that_people_were_told(
    part: str, name: str, value: Any
) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol_resolve(name="covid-qu", overrides={part: {name: value}})
    assert caught.value.field.startswith(f"{part}.{name}")
    assert caught.value.remedy


def test_what_begins_otherwise_for_another_target_is_told() -> None:
    (told,) = [p for name, _, p in PARAMETERS if name == "covid-qu" and p["path"] == "postprocess"]
    assert (told["default"], told["target_defaults"]) == ("lung", {"infection": "none"})
    assert protocol_resolve(name="covid-qu", target="infection").postprocess == "none"


def test_a_protocol_that_is_no_longer_in_the_catalogue_is_told_all_the_same() -> None:
    old = Protocol.from_json({**get_protocol("covid-qu").to_json(), "name": "of-yore"})
    assert [part["name"] for part in protocol_describe(old)["parts"]] == ["I", "II", "III", "IV", "training", "masks"]


@pytest.mark.django_db
def test_targets_are_told_with_the_conventions_that_a_project_may_have(api_as: Callable[[Any], APIClient]) -> None:
    answer = api_as(UserFactory()).get("/api/targets")
    assert answer.status_code == 200
    told = {one["name"]: {c["name"] for c in one["conventions"]} for one in answer.json()}
    assert told == {target: set(conventions) for target, conventions in CONVENTIONS.items()}
    assert all(one["label"] for one in targets_describe())


@pytest.mark.django_db
def test_a_project_is_not_made_of_a_wrong_parameter(api_as: Callable[[Any], APIClient]) -> None:
    body = {
        "slug": "chest", "name": "Chest", "target": "lung", "convention": "heart_out", "protocol": "covid-qu",
        "overrides": {"II": {"batch_size": 0}},
    }  # fmt: skip
    answer = api_as(UserFactory(is_staff=True)).post("/api/projects", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["value"]) == (400, "II.batch_size", 0)
    assert not Project.objects.exists()


def test_an_encoder_that_does_not_exist_is_refused_before_a_project_is_made(api_as: Any) -> None:
    root = SuperuserFactory()
    body = {"slug": "typo", "name": "Typo", "target": "lung", "convention": "heart_out", "protocol": "covid-qu"}
    for networks in ([{"architecture": "unet", "encoder": "resnet 18"}], []):
        answer = api_as(root).post("/api/projects", {**body, "overrides": {"I": {"networks": networks}}}, format="json")
        error = answer.json()["error"]
        assert answer.status_code == 400, error
        assert error["field"].startswith("I.networks")
    assert (
        "resnet18"
        in api_as(root)
        .post(
            "/api/projects",
            {**body, "overrides": {"III": {"networks": [{"architecture": "unet", "encoder": "resnet 18"}] * 2}}},
            format="json",
        )
        .json()["error"]["remedy"]
    )
    assert not Project.objects.filter(slug="typo").exists()


def test_too_few_networks_are_named_in_the_error(api_as: Any) -> None:
    body = {"slug": "one", "name": "One", "target": "lung", "convention": "heart_out", "protocol": "covid-qu"}
    one = {"III": {"networks": [{"architecture": "unet", "encoder": "resnet18"}]}}
    answer = api_as(SuperuserFactory()).post("/api/projects", {**body, "overrides": one}, format="json")
    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["value"]) == (400, "III.networks", ["unet-resnet18"])


def test_a_stored_protocol_that_says_nothing_of_a_newer_check_of_reviewers_has_none() -> None:
    data = get_protocol("covid-qu").to_json()
    new = Protocol.from_json(data)
    for stage in data["stages"]:
        for name in ("repeat_fraction", "repeat_gap", "double_correct_fraction", "double_correct_dsc"):
            stage.pop(name, None)
    old = Protocol.from_json(data)
    assert new.stages[1].double_correct_fraction > 0  # type: ignore[attr-defined]
    assert old.stages[1].double_correct_fraction == 0  # type: ignore[attr-defined]
    assert new.stages[2].repeat_fraction > 0  # type: ignore[attr-defined]
    assert old.stages[2].repeat_fraction == 0  # type: ignore[attr-defined]
    assert old.to_json()["stages"][2]["repeat_fraction"] == 0, "said from now on"
