"""The command line of the node: each module is one group of `qc`."""

import time

STARTED = time.monotonic()
"""When the first group was loaded, seconds; the greeting of `qc devnet` counts from here."""
