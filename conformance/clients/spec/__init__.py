"""The specification as a client that speaks `qcap/1`."""
