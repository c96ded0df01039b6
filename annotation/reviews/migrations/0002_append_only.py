from django.db import migrations

from annotation.common.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [append_only("reviews", "Verdict", "Edit", "Adjudication", "Selection", "Verification")]
