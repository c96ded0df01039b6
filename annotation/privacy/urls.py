"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.privacy.views import PseudonymView, WithdrawalPreviewView, WithdrawalsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/withdrawals", WithdrawalsView.as_view(), name="withdrawals"),
    path("projects/<slug:slug>/withdrawals/preview", WithdrawalPreviewView.as_view(), name="withdrawal-preview"),
    path("projects/<slug:slug>/pseudonyms", PseudonymView.as_view(), name="pseudonym"),
]
