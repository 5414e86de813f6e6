"""`qc explain CODE`: one offline catalogue of error codes, diagnostics and exit codes.

Error codes come from catalogue.json, which `make docs` writes; diagnostics from the compiler's own
catalogue.
"""

import argparse
import json
from pathlib import Path
from typing import Final

from dsl.catalog import CATALOG, encode_entry, render_entry
from quantumchain.arguments import CliError, report_error, suggest

CATALOGUE: Final = Path(__file__).with_name("catalogue.json")

EXIT_CODES: Final = {
    "0": "good: everything asked for holds",
    "1": "the thing under test failed: broken, not inductive, a test failed, a client diverged",
    "2": "usage or environment: the command could not do its work",
    "3": "only undecided is left: nothing is broken, but not everything could be decided",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `qc explain` to a parser."""
    parser.add_argument(
        "code", help="an error code (tx.nonce_mismatch), a diagnostic (QC0103), an exit code (2)"
    )
    parser.add_argument("--json", action="store_true", help="print the entry as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the entry of a code; 2 where there is none."""
    diagnostic = CATALOG.get(args.code.upper())
    if diagnostic is not None:
        print(json.dumps(encode_entry(diagnostic)) if args.json else render_entry(diagnostic))
        return 0
    entries = read_entries()
    entry = entries.get(args.code)
    if entry is None:
        near = suggest(args.code, [*entries, *CATALOG])
        meant = [f"did you mean `{near}`?"] if near else []
        return report_error(CliError.UNKNOWN_CODE, f"nothing is called `{args.code}`", *meant)
    print(json.dumps({"code": args.code} | entry) if args.json else _render(args.code, entry))
    return 0


def read_entries() -> dict[str, dict[str, object]]:
    """Error codes and exit codes, each with its meaning."""
    entries: dict[str, dict[str, object]] = json.loads(CATALOGUE.read_text("utf-8"))
    entries |= {code: {"meaning": text} for code, text in EXIT_CODES.items()}
    return entries


def _render(code: str, entry: dict[str, object]) -> str:
    lines = [f"{code}: {entry['meaning']}"]
    evidence = entry.get("evidence")
    if isinstance(evidence, list) and evidence:
        lines.append(f"  evidence: {', '.join(evidence)}")
    if "where" in entry:
        lines.append(f"  declared in {entry['where']}")
    return "\n".join(lines)
