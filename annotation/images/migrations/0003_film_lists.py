from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast


class Migration(migrations.Migration):
    """What lists of films are filtered and sorted by, where it can be read without the films' long rows."""

    dependencies = [("images", "0002_image_signature"), ("projects", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="snr_db",
            field=models.GeneratedField(
                db_persist=True,
                expression=Cast(KeyTextTransform("snr_db", "quality"), models.FloatField()),
                output_field=models.FloatField(null=True),
            ),
        ),
        migrations.AddField(
            model_name="projectimage", name="confidence", field=models.FloatField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="projectimage", name="disagreement", field=models.FloatField(blank=True, null=True)
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["id", "source", "label", "view", "quality_tier", "snr_db"], name="image_in_lists"
            ),
        ),
        migrations.AddIndex(
            model_name="projectimage",
            index=models.Index(fields=["project", "created_at", "id"], name="film_by_age"),
        ),
    ]
