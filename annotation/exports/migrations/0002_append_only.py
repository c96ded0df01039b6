from django.db import migrations

from annotation.common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]

    operations = [append_only("exports", "DatasetVersion", "DatasetItem")]
