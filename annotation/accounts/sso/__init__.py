"""Single sign-on by OpenID Connect: code flow with PKCE and nonce, by django-allauth; who gets in is decided here."""
