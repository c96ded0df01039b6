from django.db import migrations

from annotation.common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("exports", "0003_label_history")]

    operations = [append_only("exports", "LabelCandidate")]
