"""The names of a job's networks beside its request, so that lists of jobs need not read that."""

from typing import Any

from django.db import migrations, models


def network_names(kind: str, request: dict[str, Any]) -> list[str]:
    """As the model had it when this was written: a migration must not change with it."""
    if kind == "benchmark":
        return [name for name in [request.get("step", {}).get("network", "")] if name]
    if kind == "train":
        networks = [request.get("network", {})]
    elif kind == "findings":
        networks = [(request.get(name) or {}).get("network", {}) for name in ("lungs", "infection")]
    else:
        networks = [model.get("network", {}) for model in request.get("models", [])]
    return [f"{network.get('architecture')}-{network.get('encoder')}" for network in networks if network]


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
