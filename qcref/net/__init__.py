"""Ways between nodes."""
