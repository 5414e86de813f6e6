"""What a client without the chain can still check: headers, checkpoints, proofs of parts."""
