"""`python -m quantumchain` is `qc`."""

import sys

from quantumchain.cli import main

if __name__ == "__main__":
    sys.exit(main())
