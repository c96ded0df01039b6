from django.db import migrations

from annotation.common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [append_only("jobs", "JobEvent")]
