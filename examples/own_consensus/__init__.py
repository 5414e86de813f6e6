"""A consensus of one's own, for `qc sim`, `qc spec explore` and `qc spec prove`."""
