"""Networks of Groundwork: training, prediction and metrics. Knows no Django and no database."""
