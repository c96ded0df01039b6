"""Images and compose files: pinned, without privileges, without secrets, and of one mind with the code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlbackend.environment import SETTINGS
from tests.support.compose import (
    DOCKER,
    NEEDED,
    Compose,
    MissingVariable,
    fill_in,
    image_environment,
    instructions,
    variables,
)

ROOT = DOCKER.parent
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = Compose()
WORKER = Compose("compose.worker.yml")
SERVICES = [(name, service) for name, service in COMPOSE.services.items()] + [("worker", WORKER.services["gpu"])]
OURS = ("web", "platform", "prepare", "gpu", "cpu")
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|PRIVATE")
each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
each_service = pytest.mark.parametrize(("name", "service"), SERVICES, ids=[name for name, _ in SERVICES])


def stages(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Instructions of each stage with those of the stage that it is built on, by name."""
    found: dict[str, list[tuple[str, str]]] = {}
    current = ""
    for name, rest in instructions(path):
        if name == "FROM":
            base, _, alias = rest.partition(" AS ")
            current = alias or f"stage{len(found)}"
            found[current] = list(found.get(base, []))
        found[current].append((name, rest))
    return found


def last_stages(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Stages that become images: those that no other is built on or copies from."""
    text = path.read_text()
    used = set(re.findall(r"--from=(\w+)", text)) | set(re.findall(r"^FROM (\w+)(?: AS|$)", text, re.MULTILINE))
    return {name: rest for name, rest in stages(path).items() if name not in used}


def test_there_is_an_image_for_each_part() -> None:
    built = {name for path in DOCKERFILES for name in last_stages(path)}
    assert {"web", "platform", "gpu"} <= built


@each_dockerfile
def test_the_linter_has_nothing_to_say(path: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@each_dockerfile
def test_every_base_is_pinned_by_a_full_version(path: Path) -> None:
    names = set(stages(path))
    bases = [rest.partition(" AS ")[0] for name, rest in instructions(path) if name == "FROM"]
    for base in bases:
        assert base in names or re.search(r":v?\d+\.\d+\.\d+", base), base


@each_dockerfile
def test_every_image_runs_as_nobody_special_and_can_be_asked_how_it_is(path: Path) -> None:
    for stage, steps in last_stages(path).items():
        users = [rest for name, rest in steps if name == "USER"]
        assert users, stage
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), stage
        assert any(name == "HEALTHCHECK" for name, _ in steps), stage


@each_dockerfile
def test_no_secret_is_built_in(path: Path) -> None:
    for name, rest in instructions(path):
        if name in {"ENV", "ARG"}:
            assert not SECRET.search(rest.partition("=")[0]), rest
        assert not (name == "COPY" and ".env" in rest.split())


@each_dockerfile
def test_whatever_is_copied_exists_and_reaches_the_builder(path: Path) -> None:
    taken = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name, rest in instructions(path):
        words = rest.split()
        if name != "COPY" or words[0].startswith("--from"):
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            assert any(re.match(one.replace("*", ".*") + r"(/|$)", source) for one in taken), source


@each_service
def test_no_container_has_a_privilege_or_a_file_system_to_write(name: str, service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert any(place.startswith("/tmp") for place in service["tmpfs"])


@each_service
def test_every_container_tells_how_it_is_or_ends(name: str, service: dict[str, Any]) -> None:
    assert "test" in service["healthcheck"] or name == "prepare"


@each_service
def test_every_image_is_ours_or_pinned(name: str, service: dict[str, Any]) -> None:
    if "build" in service:
        path = ROOT / service["build"]["dockerfile"]
        assert path in DOCKERFILES
        assert service["build"].get("target", "") in {*stages(path), ""}
    else:
        assert re.search(r":v?\d+\.\d+", service["image"]), service["image"]


def test_only_the_proxy_is_open_to_all() -> None:
    for name, service in COMPOSE.services.items():
        for port in service.get("ports", []):
            address = fill_in(port, {}).split(":")[0]
            assert name == "proxy" or address == "127.0.0.1", (name, port)
    assert COMPOSE.raw["networks"]["inside"] == {"internal": True}
    assert COMPOSE.services["postgres"]["networks"] == ["inside"]


def test_whatever_a_service_refers_to_is_there() -> None:
    for name, service in COMPOSE.services.items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE.services), name
        assert set(service["networks"]) <= set(COMPOSE.raw["networks"]), name
        for volume in service.get("volumes", []):
            source = fill_in(volume, {}).split(":")[0]
            here = source.startswith("./") and (source == "./certificates" or (DOCKER / source).exists())
            assert here or source in COMPOSE.raw["volumes"], (name, source)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_secret_that_is_missing_stops_everything_in_words(name: str) -> None:
    without = Compose(**{name: ""})
    with pytest.raises(MissingVariable, match=f"set {name} in docker/.env"):
        without.filled(without.services)


@pytest.mark.parametrize("compose", [COMPOSE, WORKER], ids=["platform", "worker"])
def test_no_secret_has_a_default(compose: Compose) -> None:
    for name, way, default in variables(compose.text):
        if SECRET.search(name):
            assert way != ":-" or default == "", name


def test_the_example_lists_every_variable_and_holds_no_secret() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (DOCKER / ".env.example").read_text(), re.MULTILINE))
    used = {name for text in (COMPOSE.text, WORKER.text) for name, _, _ in variables(text)}
    # A worker elsewhere may name its broker whole.
    assert used - set(example) == {"CELERY_BROKER_URL"}
    assert set(example) - used == set()
    assert {name for name, value in example.items() if SECRET.search(name) and value} == set()


def test_a_worker_elsewhere_needs_three_settings() -> None:
    needed = {name for name, way, _ in variables(WORKER.text) if way == ":?"}
    assert needed == {"GROUNDWORK_HOST", "REDIS_PASSWORD", "STORAGE_SECRET"}
    place = WORKER.environment("gpu")
    assert place["CELERY_BROKER_URL"] == f"redis://:{'r' * 32}@films.hospital.example:6379/0"
    assert place["AWS_ENDPOINT_URL"] == "http://films.hospital.example:7070"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_are_given_settings_that_they_read(name: str) -> None:
    given = set(COMPOSE.environment(name)) - set(image_environment(COMPOSE.services[name]["build"]["dockerfile"]))
    assert given - set(SETTINGS) == set()


@pytest.mark.parametrize("name", ["web", "platform", "gpu"])
def test_an_image_alone_starts_and_is_asked_as_in_compose(name: str) -> None:
    path = ROOT / COMPOSE.services[name]["build"]["dockerfile"]
    steps = last_stages(path)[name]
    command = json.loads(next(rest for step, rest in steps if step == "CMD"))
    assert command == COMPOSE.command(name)
    health = next(rest for step, rest in steps if step == "HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2]) == COMPOSE.health(name)


def test_every_setting_reaches_web_and_platform_by_the_one_file_and_a_worker_gets_no_secret_but_its_own() -> None:
    whole = [name for name, service in COMPOSE.services.items() if "env_file" in service]
    assert whole == ["web", "platform", "prepare"]
    assert all(COMPOSE.services[name]["env_file"] == [{"path": ".env", "required": False}] for name in whole)
    for place in (COMPOSE.environment("gpu"), WORKER.environment("gpu")):
        assert {name for name in place if SECRET.search(name)} == {"AWS_SECRET_ACCESS_KEY"}


def test_the_collector_reads_the_token_from_where_the_container_puts_it() -> None:
    config = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text())
    job = config["scrape_configs"][0]
    assert f"> {job['authorization']['credentials_file']}" in COMPOSE.services["prometheus"]["command"][0]
    host = job["static_configs"][0]["targets"][0].partition(":")[0]
    assert host in COMPOSE.environment("web")["ALLOWED_HOSTS"].split(",")


BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ImportError(f"{{name}} is not in this image")
sys.meta_path.insert(0, Block())
"""


def modules_of(*requirements: str) -> set[str]:
    """Names by which the packages of some requirements files are imported."""
    from importlib.metadata import packages_distributions

    wanted = {
        re.split(r"[\[<>=]", line)[0].lower().replace("_", "-")
        for file in requirements
        for line in (ROOT / file).read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    return {
        module
        for module, owners in packages_distributions().items()
        if {owner.lower().replace("_", "-") for owner in owners} & wanted
    }


def test_web_and_platform_start_where_only_their_own_packages_are() -> None:
    others = modules_of("requirements-gpu.txt") - modules_of("requirements-base.txt", "requirements-web.txt")
    assert {"torch", "timm", "skimage", "matplotlib"} <= others
    script = BLOCKED.format(names=others) + (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotation.config.settings.test'\n"
        "import annotation.config.wsgi, annotation.config.urls\n"
        "from annotation.config import celery_app; celery_app.loader.import_default_modules()\n"
        "import annotation.masks.services.manifest_import, annotation.exports.services, annotation.benchmarks.wishes\n"
        "import annotation.backups.services\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_gpu_worker_imports_only_packages_of_its_own_image() -> None:
    nodes = [node for path in (ROOT / "mlbackend").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    found = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    found |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found = {name.partition(".")[0] for name in found}
    known = {*sys.stdlib_module_names, "mlbackend", *modules_of("requirements-base.txt", "requirements-gpu.txt")}
    # kombu comes with celery, botocore with boto3, markupsafe with Jinja2.
    assert found - known - {"kombu", "botocore", "markupsafe"} == set()
