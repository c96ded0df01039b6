"""The names of a job's networks beside its request, so that lists of jobs need not read that."""

from typing import Any

from django.db import migrations, models

from annotation.jobs.models import network_names


def fill(apps: Any, schema_editor: Any) -> None:
    """Jobs one by one: a request may be megabytes."""
    job = apps.get_model("jobs", "Job")
    for pk in list(job.objects.values_list("pk", flat=True)):
        row = job.objects.only("kind", "request").get(pk=pk)
        job.objects.filter(pk=pk).update(networks=network_names(row.kind, row.request))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_request_id_and_gpu_memory")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="networks",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
