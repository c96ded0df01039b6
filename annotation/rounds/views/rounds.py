"""Rounds over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.accounts.requests import person_of
from annotation.projects.guards import require_research
from annotation.projects.permissions import can_research
from annotation.projects.selectors import project_get
from annotation.rounds.models import RoundFilm
from annotation.rounds.selectors import round_detail, round_get, rounds_list
from annotation.rounds.serializers import RoundDetailSerializer, RoundFilmSerializer, RoundSerializer
from annotation.rounds.views.errors import ERRORS


class RoundsView(APIView):
    """Rounds of a project."""

    @extend_schema(
        operation_id="rounds_list", tags=["rounds"], responses={200: RoundSerializer(many=True), 404: ERRORS[404]}
    )
    def get(self, request: Request, slug: str) -> Response:
        """All rounds with their steps and jobs, oldest first."""
        project = project_get(user=person_of(request), slug=slug)
        return Response(rounds_list(project, research=can_research(person_of(request), project)))


class RoundView(APIView):
    """One round."""

    @extend_schema(operation_id="round", tags=["rounds"], responses={200: RoundDetailSerializer, 404: ERRORS[404]})
    def get(self, request: Request, round_id: UUID) -> Response:
        """The round, its steps and why its films were chosen."""
        return Response(round_detail(round_get(user=person_of(request), round_id=round_id), user=person_of(request)))


class RoundFilmsView(generics.ListAPIView):
    """Films of a round."""

    serializer_class = RoundFilmSerializer
    queryset = RoundFilm.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[RoundFilm]:
        """In the order of the round."""
        round_ = round_get(user=person_of(self.request), round_id=self.kwargs["round_id"])
        require_research(person_of(self.request), round_.project)
        return round_.films.select_related("project_image").order_by("order")

    @extend_schema(operation_id="round_films", tags=["rounds"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each film with its stratum and the reason for which it was chosen; for researchers and admins."""
        return super().get(request, *args, **kwargs)
