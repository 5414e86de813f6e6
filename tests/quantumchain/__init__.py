"""Laws of the one command, `qc`."""
