"""BFT: Tendermint with instant finality (arXiv 1807.04938)."""
