"""What survives a crash: the chain in SQLite, the validator's promises in a file of their own."""
