"""The logic behind `make`: what the project does to itself."""
