"""Entry point of ``python -m mlbackend``."""

import sys

from mlbackend.processes import spin_little

spin_little()

from mlbackend.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
