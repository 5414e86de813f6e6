"""Vocabulary shared by every chapter: results, integers, SSZ and the state tree."""
