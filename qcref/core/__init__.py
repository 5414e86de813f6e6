"""The node's own logic without input and output."""
