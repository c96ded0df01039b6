"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.projects.views import GuideView, MembersView, MemberView, ProjectsView, ProjectView, ProtocolsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("protocols", ProtocolsView.as_view(), name="protocols"),
    path("projects", ProjectsView.as_view(), name="projects"),
    path("projects/<slug:slug>", ProjectView.as_view(), name="project"),
    path("projects/<slug:slug>/guide", GuideView.as_view(), name="guide"),
    path("projects/<slug:slug>/members", MembersView.as_view(), name="members"),
    path("projects/<slug:slug>/members/<uuid:member_id>", MemberView.as_view(), name="member"),
]
