"""Write the manifests of the standard library, or compare them (`--check`).

`python -m tools.library` verifies each contract and writes `manifest.json` beside it; names of
contracts restrict it to their folders. `--mutants` lists what no property forbids instead.
`tools.gen_docs` then writes PROPERTIES.md from the manifests.
"""

import argparse
import sys
from pathlib import Path

from dsl.compile import compile_source
from dsl.verify.jobs import make_subject
from dsl.verify.mutate import mutate
from dsl.verify.solver import Limits, Solver
from dsl.verify.survivors import judge, read_reasons, render_judged
from dsl.verify.verify import Subject, verify
from stdlib_contracts.loader import LibraryContract, list_contracts
from stdlib_contracts.manifest import (
    FILE,
    FIRST_VERSION,
    Entry,
    make_entry,
    read_manifest,
    render_manifest,
)

MUTANTS_MAX = 2_000
"""Mutants tried of one contract: more than any of the library has."""


def main(arguments: list[str]) -> int:
    """Do what was asked; 1 if a manifest differs or something is not proved."""
    parser = argparse.ArgumentParser(prog="python -m tools.library", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="contracts, or all")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any would change")
    parser.add_argument("--mutants", action="store_true", help="list the mutants that survive")
    args = parser.parse_args(arguments)
    contracts = list_contracts()
    unknown = set(args.names) - {each.name for each in contracts}
    if unknown:
        known = ", ".join(each.name for each in contracts)
        print(f"error[library.unknown]: {sorted(unknown)}; the contracts are {known}")
        return 2
    chosen = {each.folder for each in contracts if not args.names or each.name in args.names}
    with Solver() as solver:
        if args.mutants:
            return max(
                list_survivors(each, solver)
                for each in contracts
                if not args.names or each.name in args.names
            )
        return max(write_folder(folder, solver, is_check=args.check) for folder in sorted(chosen))


def compile_contract(contract: LibraryContract) -> Subject:
    """The compiled contract as the verifier takes it."""
    result = compile_source(contract.read_source(), contract.shown_path)
    assert result.unit is not None, f"{contract.name} has errors: qc contract check says which"
    return make_subject(result.unit)


def prove_contract(contract: LibraryContract, solver: Solver, version: str) -> Entry:
    """Verify a contract; its entry."""
    unit = compile_source(contract.read_source(), contract.shown_path).unit
    assert unit is not None, f"{contract.name} has errors: qc contract check says which"
    report = verify(make_subject(unit), solver, Limits())
    return make_entry(contract.name, unit, report, version)


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


def list_survivors(contract: LibraryContract, solver: Solver) -> int:
    """Print the mutants of a contract that no property forbids."""
    result = mutate(compile_contract(contract), solver, Limits(), MUTANTS_MAX)
    reasons = read_reasons(contract.path)
    print(
        reasons if isinstance(reasons, str) else render_judged(judge(result, reasons)), flush=True
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
