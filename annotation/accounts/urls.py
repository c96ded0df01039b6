"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.accounts.views import (
    CsrfView,
    MeView,
    MyPasswordView,
    PeopleView,
    PersonPasswordView,
    PersonView,
    SignInView,
    SignOutView,
    TokensView,
    TokenView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("csrf", CsrfView.as_view(), name="csrf"),
    path("sign-in", SignInView.as_view(), name="sign-in"),
    path("sign-out", SignOutView.as_view(), name="sign-out"),
    path("me", MeView.as_view(), name="me"),
    path("me/password", MyPasswordView.as_view(), name="my-password"),
    path("tokens", TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>", TokenView.as_view(), name="token"),
    path("people", PeopleView.as_view(), name="people"),
    path("people/<uuid:person_id>", PersonView.as_view(), name="person"),
    path("people/<uuid:person_id>/password", PersonPasswordView.as_view(), name="person-password"),
]
