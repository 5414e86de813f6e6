"""`qc spec explore`: search a small world whole, and show the shortest way to what breaks.

Exit codes: 0 nothing breaks (complete, or up to the bound that is named), 1 something breaks, 2
usage.
"""

import argparse
import json
from pathlib import Path
from typing import Final

from dsl.extension import is_extension
from dsl.place import try_place
from proofs.explore import bft, dpos
from proofs.explore.search import Result, explore
from proofs.own import load_model

STATES_MAX: Final = 5_000_000
NODES_MAX: Final = 7
ROUNDS_MAX: Final = 4
SLOTS_MAX: Final = 24
VARIANTS: Final = {"bft": bft.VARIANTS, "dpos": dpos.VARIANTS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `qc spec explore` to a parser."""
    parser.add_argument(
        "algorithm", metavar="ALG", help=f"{', '.join(VARIANTS)}, or path.py:Class of your own"
    )
    listed = "; ".join(f"{name}: {', '.join(variants)}" for name, variants in VARIANTS.items())
    parser.add_argument("--variant", help=f"a rule changed or removed ({listed})")
    parser.add_argument("--nodes", type=int, default=4, help="validators or producers (4)")
    parser.add_argument("--faulty", type=int, default=1, help="byzantine of them, bft (1)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the height, bft (2)")
    parser.add_argument("--slots", type=int, default=12, help="slots, dpos (12)")
    parser.add_argument("--states", type=int, default=2_000_000, help="bound on states (2,000,000)")
    parser.add_argument("--itf", type=Path, metavar="FILE", help="write the counterexample there")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def find_misuse(args: argparse.Namespace) -> str | None:
    """What is wrong with the arguments, one sentence."""
    is_own = is_extension(args.algorithm)
    if args.algorithm not in VARIANTS and not is_own:
        return f"there is no model `{args.algorithm:.80}`; there are {', '.join(VARIANTS)}"
    if is_own and args.variant is not None:
        return "--variant names a rule of ours, changed; a class of your own has none"
    if args.variant not in (None, *VARIANTS.get(args.algorithm, ())):
        return f"{args.algorithm} has the variants {', '.join(VARIANTS[args.algorithm])}"
    bounds = (
        ("--nodes", args.nodes, 1, NODES_MAX),
        ("--faulty", args.faulty, 0, args.nodes - 1),
        ("--rounds", args.rounds, 1, ROUNDS_MAX),
        ("--slots", args.slots, 1, SLOTS_MAX),
        ("--states", args.states, 1, STATES_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            return f"{name} is {value}, expected {low} to {high}"
    return None


def run(args: argparse.Namespace) -> int:
    """Search; 1 if something breaks."""
    if args.itf is not None:
        try_place(args.itf)
    variant = args.variant or VARIANTS.get(args.algorithm, ("as given",))[0]
    result = _explore(args, variant)
    if args.itf is not None and result.violation is not None:
        args.itf.write_text(render_itf(args.algorithm, variant, result), "utf-8")
    if args.json:
        print(json.dumps(encode(args.algorithm, variant, result)))
    else:
        print("\n".join(render(args.algorithm, variant, result)))
    return 0 if result.violation is None else 1


def _explore(args: argparse.Namespace, variant: str) -> Result:
    if is_extension(args.algorithm):
        own = load_model(args.algorithm, args.nodes, args.faulty)
        return explore(own, args.states, depth_max=1_000)
    if args.algorithm == "bft":
        world = bft.BftModel(args.nodes, args.faulty, args.rounds, variant)
        return explore(world, args.states, depth_max=1_000)
    return explore(dpos.DposModel(args.nodes, variant), args.states, args.slots)


def encode(algorithm: str, variant: str, result: Result) -> dict[str, object]:
    """The result as JSON."""
    return {
        "algorithm": algorithm,
        "variant": variant,
        "states": result.states,
        "depth": result.depth,
        "complete": result.is_complete,
        "violation": result.violation,
        "path": [{"step": step, "state": state} for step, state in result.path],
        "seconds": round(result.seconds, 3),
    }


def render(algorithm: str, variant: str, result: Result) -> list[str]:
    """The result for people: the story of a violation, else what was searched."""
    lines = [f"{step}\n    {state}" for step, state in result.path]
    if result.violation is not None:
        extent = f"BROKEN after {len(result.path) - 1} steps: {result.violation}"
    else:
        extent = "complete" if result.is_complete else f"cut at depth {result.depth}"
        extent = f"no violation, {extent}"
    rate = result.states / max(result.seconds, 0.001)
    lines.append(
        f"{algorithm} {variant}: {extent} · {result.states:,} states · {rate:,.0f} a second"
    )
    return lines


def render_itf(algorithm: str, variant: str, result: Result) -> str:
    """The counterexample as a file of the Informal Trace Format (Apalache's ADR 15)."""
    states = [
        {"#meta": {"index": index, "step": step}, **state}
        for index, ((step, _), state) in enumerate(zip(result.path, result.trace, strict=True))
    ]
    document = {
        "#meta": {"format": "ITF", "description": f"{algorithm} {variant}: {result.violation}"},
        "vars": sorted(result.trace[0]),
        "states": states,
    }
    return json.dumps(document, indent=1) + "\n"
