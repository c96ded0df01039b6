from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="roundfilm",
            index=models.Index(fields=["round", "order"], name="films_of_a_round_in_order"),
        ),
    ]
