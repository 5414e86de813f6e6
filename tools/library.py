"""Write the manifests of the standard library, or compare them (`--check`).

`python -m tools.library` verifies each contract and writes `manifest.json` beside it; names of
contracts restrict it to their folders. `tools.gen_docs` then writes PROPERTIES.md from them.
"""

import argparse
import sys
from pathlib import Path

from dsl.compile import compile_source
from dsl.verify.jobs import make_subject
from dsl.verify.solver import Limits, Solver
from dsl.verify.verify import verify
from stdlib_contracts.loader import LibraryContract, list_contracts
from stdlib_contracts.manifest import (
    FILE,
    FIRST_VERSION,
    Entry,
    make_entry,
    read_manifest,
    render_manifest,
)


def main(arguments: list[str]) -> int:
    """Do what was asked; 1 if a manifest differs or something is not proved."""
    parser = argparse.ArgumentParser(prog="python -m tools.library", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="contracts, or all")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any would change")
    args = parser.parse_args(arguments)
    contracts = list_contracts()
    unknown = set(args.names) - {each.name for each in contracts}
    if unknown:
        known = ", ".join(each.name for each in contracts)
        print(f"error[library.unknown]: {sorted(unknown)}; the contracts are {known}")
        return 2
    chosen = {each.folder for each in contracts if not args.names or each.name in args.names}
    with Solver() as solver:
        return max(write_folder(folder, solver, is_check=args.check) for folder in sorted(chosen))


def prove_contract(contract: LibraryContract, solver: Solver, version: str) -> Entry:
    """Verify a contract; its entry."""
    unit = compile_source(contract.read_source(), contract.shown_path).unit
    assert unit is not None, f"{contract.name} has errors: qc contract check says which"
    return make_entry(contract.name, unit, verify(make_subject(unit), solver, Limits()), version)


def write_folder(folder: Path, solver: Solver, *, is_check: bool) -> int:
    """Write or compare the manifest of a folder."""
    versions = {each.name: each.version for each in read_manifest(folder)}
    entries = [
        prove_contract(each, solver, versions.get(each.name, FIRST_VERSION))
        for each in list_contracts()
        if each.folder == folder
    ]
    open_ = [each.name for each in entries if set(each.list_verdicts()) != {"proved"}]
    text, path = render_manifest(entries), folder / FILE
    known = path.read_text("utf-8") if path.is_file() else ""
    goals = sum(each.goals for each in entries)
    print(f"{folder.name}: {len(entries)} contracts, {goals} goals", end="")
    print(f", not proved: {', '.join(open_)}" if open_ else ", all proved", end="")
    print(", manifest differs" if text != known else "")
    if not is_check:
        path.write_text(text, "utf-8")
    return int(bool(open_) or (is_check and text != known))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
