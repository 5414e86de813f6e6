"""PoS: Gasper, small."""
