"""QuantumChain: the installed package and its one command, `qc`."""

__version__ = "0.1.0"
