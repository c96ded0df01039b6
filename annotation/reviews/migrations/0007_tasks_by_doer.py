from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("reviews", "0006_two_corrections")]

    operations = [
        migrations.AddIndex(
            model_name="reviewtask",
            index=models.Index(
                fields=["done_by", "batch", "settled_at"], condition=Q(state="done"), name="tasks_by_doer"
            ),
        ),
    ]
