"""Laws of the repository itself: the style that no linter knows, the documents, the wheel."""
