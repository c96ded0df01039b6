"""The write side of projects."""

from annotation.projects.services.create import project_create, protocol_resolve
from annotation.projects.services.guide import guide_write
from annotation.projects.services.members import member_add, member_remove
from annotation.projects.services.move import project_move

__all__ = ["guide_write", "member_add", "member_remove", "project_create", "project_move", "protocol_resolve"]
