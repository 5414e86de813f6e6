"""The executable specification of QuantumChain: pure, total, read top to bottom."""
