"""Entry point of ``python -m mlbackend``."""

import sys

from mlbackend.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
