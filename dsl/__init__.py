"""The contract language: from source text to core IR."""
