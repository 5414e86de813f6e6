"""How the node runs contracts."""
