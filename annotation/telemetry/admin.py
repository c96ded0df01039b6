"""Admin pages of this app."""

from django.contrib import admin

from annotation.common.admin import ReadOnlyAdmin
from annotation.telemetry.models import Tally


@admin.register(Tally)
class TallyAdmin(ReadOnlyAdmin):
    """Counts since the installation began."""

    list_display = ["name", "count"]
    search_fields = ["name"]
