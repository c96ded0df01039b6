from django.db import migrations


def fill(apps, schema_editor):
    """Each film of a project gets the mean figures of the prediction that drew it last."""
    Mask = apps.get_model("masks", "Mask")
    ProjectImage = apps.get_model("images", "ProjectImage")
    rows = (
        Mask.objects.filter(kind="candidate")
        .order_by("project_id", "image_id", "created_at")
        .values_list("project_id", "image_id", "job_id", "confidence", "disagreement")
    )
    film, job, drawn = None, None, []
    for project_id, image_id, job_id, confidence, disagreement in rows.iterator():
        if (project_id, image_id) != film:
            write(ProjectImage, film, drawn)
            film, job, drawn = (project_id, image_id), None, []
        if job_id != job:
            job, drawn = job_id, []
        drawn.append((confidence, disagreement))
    write(ProjectImage, film, drawn)


def write(ProjectImage, film, drawn):
    if film is None:
        return
    figures = [[value for value in column if value is not None] for column in zip(*drawn)]
    confidence, disagreement = (sum(values) / len(values) if values else None for values in figures)
    ProjectImage.objects.filter(project=film[0], image=film[1]).update(
        confidence=confidence, disagreement=disagreement
    )


class Migration(migrations.Migration):
    """Films that networks have drawn already know how sure these were."""

    dependencies = [("masks", "0002_grown_validation"), ("images", "0003_film_lists")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
