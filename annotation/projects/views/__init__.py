"""Projects over REST."""

from annotation.projects.views.members import MembersView, MemberView
from annotation.projects.views.projects import GuideView, ProjectsView, ProjectView, ProtocolsView

__all__ = ["GuideView", "MemberView", "MembersView", "ProjectView", "ProjectsView", "ProtocolsView"]
