"""Whether a file can be written at a place, tried before long work whose result is to lie there."""

from pathlib import Path


def try_place(path: Path) -> None:
    """Opens a file for writing, and leaves everything as it was.

    Args:
        path: of the file.

    Raises:
        OSError: none can be written there.
    """
    is_new = not path.exists()
    with path.open("ab"):
        pass
    if is_new:
        path.unlink()
