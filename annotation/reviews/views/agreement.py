"""Agreement between reviewers, for researchers and admins."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_research
from annotation.projects.selectors import project_get
from annotation.reviews.selectors import probe_misses, verdict_agreement
from annotation.reviews.serializers import AgreementSerializer
from annotation.reviews.views.errors import ERRORS


class AgreementView(APIView):
    """Do reviewers agree, and do they look?"""

    @extend_schema(operation_id="agreement", tags=["queue"], responses={200: AgreementSerializer, 403: ERRORS[403]})
    def get(self, request: Request, slug: str) -> Response:
        """Cohen's kappa over double-read verdicts, and each reviewer's share of missed probes, by pseudonym."""
        project = project_get(user=person_of(request), slug=slug)
        require_research(person_of(request), project)
        return Response({"verdicts": verdict_agreement(project), "probes": probe_misses(project)})
