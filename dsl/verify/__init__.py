"""The verifier: proves the properties of a contract from its core IR, or shows an attack."""
