"""The ledger: accounts, transactions, fees, and how a block changes the one state."""
