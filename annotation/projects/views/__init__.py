"""Projects over REST."""

from annotation.projects.views.members import MembersView, MemberView
from annotation.projects.views.projects import (
    ArchiveView,
    GuideReadView,
    GuideVersionsView,
    GuideView,
    ProjectsView,
    ProjectView,
    ProtocolsView,
    RestoreView,
    TargetsView,
)

__all__ = [
    "ArchiveView",
    "GuideReadView",
    "GuideVersionsView",
    "GuideView",
    "MemberView",
    "MembersView",
    "ProjectView",
    "ProjectsView",
    "ProtocolsView",
    "RestoreView",
    "TargetsView",
]
