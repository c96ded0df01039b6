"""Agreement between reviewers, for researchers and admins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.images.figures import figure
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.permissions import can_review
from annotation.projects.selectors import project_get
from annotation.reviews.figure_serializers import AgreementSerializer
from annotation.reviews.selectors import (
    choice_repeats,
    correction_agreement,
    position_bias,
    probe_misses,
    selection_agreement,
    verdict_agreement,
)
from annotation.reviews.views.errors import ERRORS


class AgreementView(APIView):
    """Do reviewers agree, and do they look?"""

    @extend_schema(operation_id="agreement", tags=["queue"], responses={200: AgreementSerializer, 403: ERRORS[403]})
    def get(self, request: Request, slug: str) -> Response:
        """Agreement of verdicts, corrections and choices, picks by place, repeated choices, missed probes.

        People appear by pseudonym. Who reviews in the project sees the repeats and probes of closed batches alone.
        """
        user = person_of(request)
        project = project_get(user=user, slug=slug)
        require_research(user, project)
        closed_only = can_review(user, project)
        asked = f"agreement closed_only={closed_only}"
        return Response(figure(project, asked, lambda: _agreement(project, closed_only=closed_only)))


def _agreement(project: Project, *, closed_only: bool) -> dict[str, Any]:
    """All of it; ``closed_only`` keeps repeats and probes of open batches from one who reads in them."""
    return {
        "verdicts": verdict_agreement(project),
        "corrections": correction_agreement(project),
        "selections": selection_agreement(project),
        "positions": position_bias(project),
        "repeats": choice_repeats(project, closed_only=closed_only),
        "probes": probe_misses(project, closed_only=closed_only),
    }
