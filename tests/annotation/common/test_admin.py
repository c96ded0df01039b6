"""The admin shows every table and touches none that is written once."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.common.models import AppendOnlyModel
from tests.factories import SuperuserFactory

MODELS = [
    model for config in apps.get_app_configs() if config.name.startswith("annotation.") for model in config.get_models()
]
APPEND_ONLY = [model for model in MODELS if issubclass(model, AppendOnlyModel)]


def label(model: Any) -> str:
    return str(model._meta.label)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_table_has_a_page(model: Any) -> None:
    assert admin.site.is_registered(model)


@pytest.mark.parametrize("model", APPEND_ONLY, ids=label)
def test_tables_written_once_cannot_be_written_in_the_admin(model: Any) -> None:
    page = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = SuperuserFactory.build()
    assert isinstance(page, AppendOnlyAdmin)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
    assert not page.get_actions(request)
    assert page.has_view_permission(request)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_list_opens_with_search(model: Any, client: Client, db: None) -> None:
    client.force_login(SuperuserFactory())
    page = admin.site._registry[model]
    query = {"q": "x"} if page.search_fields else {}
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert client.get(url, query).status_code == 200


def test_a_row_opens_to_look_at_and_cannot_be_posted(client: Client, db: None) -> None:
    from annotation.projects.models import Project
    from tests.factories import ProjectFactory

    project = ProjectFactory(state="setup")
    client.force_login(SuperuserFactory())
    url = reverse("admin:projects_project_change", args=[project.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"state": "finished"}).status_code == 403
    assert Project.objects.get(pk=project.pk).state == "setup"


def test_secrets_stand_on_no_page(client: Client, db: None) -> None:
    from annotation.accounts.services import token_issue
    from tests.factories import UserFactory

    _, token = token_issue(UserFactory(), "script")
    client.force_login(SuperuserFactory())
    page = client.get(reverse("admin:accounts_apitoken_change", args=[token.pk]))
    assert page.status_code == 200
    assert token.digest not in page.content.decode()


def test_accounts_can_be_changed_but_not_deleted(client: Client, db: None) -> None:
    from annotation.accounts.models import User
    from tests.factories import UserFactory

    person = UserFactory()
    client.force_login(SuperuserFactory())
    url = reverse("admin:accounts_user_change", args=[person.pk])
    assert person.pseudonym in client.get(url).content.decode()
    assert client.post(reverse("admin:accounts_user_delete", args=[person.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=person.pk).exists()
    assert not isinstance(admin.site._registry[User], ReadOnlyAdmin)
