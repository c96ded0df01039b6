"""Write a set of procedural films: ``python -m mlbackend.data.phantom FOLDER --count 120 --seed 1``."""

from __future__ import annotations

import argparse

from mlbackend.data.phantom import CONVENTIONS, write_set


def main() -> None:
    """Command line around ``write_set``."""
    parser = argparse.ArgumentParser(description="Write procedural chest films with their truth and a manifest.")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--convention", choices=CONVENTIONS, default="heart_out")
    given = parser.parse_args()
    try:
        manifest = write_set(given.folder, given.count, given.seed, given.size, convention=given.convention)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(manifest)


if __name__ == "__main__":
    main()
