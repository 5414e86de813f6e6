"""The faults of `planted.toml`, and how one is put into a module's source."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong piece of code."""

    name: str
    module: str
    algorithms: tuple[str, ...]
    """Whose behaviour changes."""
    old: str
    new: str
    same_as: str | None
    """Why nobody can see it from outside, if that is so: it is no fault then, and not hunted."""

    def change(self, source: str) -> str:
        """The source with the fault; `old` must stand in it exactly once."""
        count = source.count(self.old)
        assert count == 1, f"{self.name} fits {count} places of {self.module}"
        return source.replace(self.old, self.new)


def load_faults() -> tuple[Fault, ...]:
    """All faults, in the order of the file."""
    view = tomllib.loads((Path(__file__).parent / "planted.toml").read_text("utf-8"))
    return tuple(
        Fault(f["name"], f["module"], tuple(f["algorithms"]), f["old"], f["new"], f.get("same_as"))
        for f in view["fault"]
    )
