from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("images", "0006_withdrawn_patients")]

    operations = [
        migrations.AddIndex(model_name="image", index=models.Index(fields=["created_at"], name="image_by_age")),
    ]
