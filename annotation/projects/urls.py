"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.projects.views import (
    ArchiveView,
    GuideReadView,
    GuideVersionsView,
    GuideView,
    MembersView,
    MemberView,
    ProjectsView,
    ProjectView,
    ProtocolsView,
    RestoreView,
    TargetsView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("protocols", ProtocolsView.as_view(), name="protocols"),
    path("targets", TargetsView.as_view(), name="targets"),
    path("projects", ProjectsView.as_view(), name="projects"),
    path("projects/<slug:slug>", ProjectView.as_view(), name="project"),
    path("projects/<slug:slug>/archive", ArchiveView.as_view(), name="project-archive"),
    path("projects/<slug:slug>/restore", RestoreView.as_view(), name="project-restore"),
    path("projects/<slug:slug>/guide", GuideView.as_view(), name="guide"),
    path("projects/<slug:slug>/guide/versions", GuideVersionsView.as_view(), name="guide-versions"),
    path("projects/<slug:slug>/guide/read", GuideReadView.as_view(), name="guide-read"),
    path("projects/<slug:slug>/members", MembersView.as_view(), name="members"),
    path("projects/<slug:slug>/members/<uuid:member_id>", MemberView.as_view(), name="member"),
]
