"""Hybrid: proof of work proposes, finality votes over its checkpoints decide."""
