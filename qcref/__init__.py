"""The reference node: an imperative shell around the specification."""
