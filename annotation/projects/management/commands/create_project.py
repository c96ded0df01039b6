"""``manage.py create_project SLUG --target lung --convention heart_out --admin NAME``."""

from __future__ import annotations

import argparse
import json
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.accounts.models import User
from annotation.accounts.services import user_create
from annotation.common.errors import DomainError
from annotation.projects.models import CONVENTIONS, Convention, Role, Target
from annotation.projects.protocol import catalogue, target_of
from annotation.projects.services import member_add, project_create, protocol_resolve


def _parameter(text: str) -> tuple[str, str, Any]:
    path, equals, value = text.partition("=")
    part, dot, name = path.partition(".")
    if not (equals and dot and part and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form PART.NAME=VALUE, such as II.batch_size=100")
    try:
        return part, name, json.loads(value)
    except json.JSONDecodeError:
        return part, name, value


class Command(BaseCommand):
    """Makes a project, and its people where they are new."""

    help = "Make a project with its protocol and people; new people get a random password, printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Flags."""
        parser.add_argument("slug")
        parser.add_argument("--name", default="")
        parser.add_argument("--target", choices=Target.values, help="(default: what the protocol is meant for)")
        parser.add_argument("--convention", choices=Convention.values, help="(default: the target's first)")
        parser.add_argument("--protocol", choices=sorted(catalogue()), default="covid-qu")
        parser.add_argument("--random-seed", type=int, default=1)
        parser.add_argument(
            "--set", action="append", type=_parameter, default=[], metavar="PART.NAME=VALUE", dest="parameters",
            help="a parameter of the protocol: training.epochs=10, II.batch_size=100",
        )  # fmt: skip
        for role in Role.values:
            parser.add_argument(f"--{role}", action="append", default=[], metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them."""
        overrides: dict[str, Any] = {}
        for part, name, value in options["parameters"]:
            overrides.setdefault(part, {})[name] = value
        target = Target(options["target"] or target_of(options["protocol"]))
        try:
            project = project_create(
                slug=options["slug"],
                name=options["name"] or options["slug"],
                target=target,
                convention=options["convention"] or next(one for one in Convention if one in CONVENTIONS[target]),
                protocol=protocol_resolve(name=options["protocol"], target=target, overrides=overrides),
                random_seed=options["random_seed"],
                actor=None,
            )
            self.stdout.write(f"project {project.slug}: {project.target}, {project.convention}")
            for role in Role.values:
                for username in options[role]:
                    member_add(project, user=self._person(username), role=Role(role))
                    self.stdout.write(f"  {role}: {username}")
        except DomainError as error:
            raise CommandError(f"{error.message}; {error.remedy}" if error.remedy else error.message) from error

    def _person(self, username: str) -> User:
        known = User.objects.filter(username=username).first()
        if known is not None:
            return known
        password = secrets.token_urlsafe(12)
        self.stdout.write(f"  new person {username}, password {password}")
        return user_create(username=username, password=password)
