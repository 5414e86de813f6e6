"""`python -m conformance.runner …`, and the entry of the zipapp."""

from __future__ import annotations

import sys

from conformance.runner.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
