"""The write side of projects."""

from annotation.projects.services.archive import project_archive, project_restore
from annotation.projects.services.create import convention_check, project_create, protocol_resolve, slug_check
from annotation.projects.services.guide import guide_mark_read, guide_write
from annotation.projects.services.members import member_add, member_remove
from annotation.projects.services.move import project_move

__all__ = [
    "convention_check",
    "guide_mark_read",
    "guide_write",
    "member_add",
    "member_remove",
    "project_archive",
    "project_create",
    "project_move",
    "project_restore",
    "protocol_resolve",
    "slug_check",
]
