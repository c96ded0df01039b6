"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.accounts.views import account, links, people, sign_in, sso, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("csrf", sign_in.CsrfView.as_view(), name="csrf"),
    path("sign-in", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-in/code", sign_in.SignInCodeView.as_view(), name="sign-in-code"),
    path("sign-in/oidc", sso.SingleSignOnView.as_view(), name="oidc"),
    path("sign-in/oidc/callback", sso.callback, name="oidc-callback"),
    path("sign-out", sign_in.SignOutView.as_view(), name="sign-out"),
    path("password-link", links.PasswordLinkView.as_view(), name="password-link"),
    path("password-link/look", links.PasswordLinkLookView.as_view(), name="password-link-look"),
    path("me", sign_in.MeView.as_view(), name="me"),
    path("me/password", sign_in.MyPasswordView.as_view(), name="my-password"),
    path("account", account.AccountView.as_view(), name="account"),
    path("account/second-factor", account.EnrolView.as_view(), name="second-factor"),
    path("account/second-factor/confirm", account.EnrolConfirmView.as_view(), name="second-factor-confirm"),
    path("account/second-factor/off", account.SecondFactorOffView.as_view(), name="second-factor-off"),
    path("account/recovery-codes", account.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("account/sessions", account.SessionsView.as_view(), name="sessions"),
    path("account/sessions/<uuid:session_id>", account.SessionView.as_view(), name="session"),
    path("tokens", tokens.TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>", tokens.TokenView.as_view(), name="token"),
    path("people", people.PeopleView.as_view(), name="people"),
    path("people/<uuid:person_id>", people.PersonView.as_view(), name="person"),
    path("people/<uuid:person_id>/password", people.PersonPasswordView.as_view(), name="person-password"),
    path("people/<uuid:person_id>/password-link", people.PersonPasswordLinkView.as_view(), name="person-password-link"),
    path("people/<uuid:person_id>/second-factor", people.PersonSecondFactorView.as_view(), name="person-second-factor"),
    path("people/<uuid:person_id>/sessions", people.PersonSessionsView.as_view(), name="person-sessions"),
    path("people/<uuid:person_id>/tokens", people.PersonTokensView.as_view(), name="person-tokens"),
]
