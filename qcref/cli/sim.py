"""`qc sim`: seeded networks of nodes under faults, and what broke in them.

Without `--seed` it plays `--seeds` seeds, on both cores, and prints a row per algorithm. With
`--seed` it plays one and prints what broke: the same seed is the same run, event for event.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from os import cpu_count

from qcref.cli.output import FAILED, GOOD, add_json, print_json
from qcref.sim.chains import ALGORITHMS
from qcref.sim.profiles import PROFILES
from qcref.sim.run import Outcome, Setup, run_seed

NODES_MAX = 31
"""More validators make no new kind of run, only slower ones."""
SEEDS_MAX = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc sim` to a parser."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--algorithm", choices=tuple(ALGORITHMS), help="which algorithm")
    which.add_argument("--all", action="store_true", help="every algorithm")
    parser.add_argument("--nodes", type=_count(1, NODES_MAX), default=4, help="validators (4)")
    parser.add_argument(
        "--byzantine",
        type=_count(0, NODES_MAX),
        default=0,
        help="of them faulty: two nodes with one key each (0)",
    )
    parser.add_argument("--profile", choices=tuple(PROFILES), default="stormy", help="faults")
    parser.add_argument("--seed", type=_count(0, 2**63), help="play this one seed")
    parser.add_argument("--seeds", type=_count(1, SEEDS_MAX), default=20, help="how many (20)")
    parser.add_argument("--first-seed", type=_count(0, 2**63), default=0, help="where to start (0)")
    parser.add_argument("--jobs", type=_count(1, 64), default=cpu_count() or 1, help="processes")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plays the seeds; 1 if a law broke, or a network did not heal."""
    algorithms = tuple(ALGORITHMS) if args.all else (args.algorithm,)
    is_good = True
    if not args.json and args.seed is None:
        print("alg    broken         healed         events/s  msgs/commit  reports  first break")
    for algorithm in algorithms:
        setup = Setup(algorithm, args.nodes, min(args.byzantine, args.nodes), args.profile)
        started = time.monotonic()
        outcomes = list(_play(setup, args))
        seconds = time.monotonic() - started
        is_good = is_good and all(not o.safety and o.liveness for o in outcomes)
        if args.json:
            _print_views(outcomes, args)
        elif args.seed is not None:
            print("\n".join(_render_one(outcomes[0])))
        else:
            print(_render_row(outcomes, seconds))
    return GOOD if is_good else FAILED


def _play(setup: Setup, args: argparse.Namespace) -> Iterator[Outcome]:
    """Outcomes in the order of the seeds, whichever process finished first."""
    if args.seed is not None:
        yield run_seed(setup, args.seed)
        return
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    with ProcessPoolExecutor(args.jobs) as pool:
        results = pool.map(partial(run_seed, setup), seeds, chunksize=4)
        for done, outcome in enumerate(results, start=1):
            if sys.stderr.isatty():
                print(f"\r{setup.algorithm}: {done} of {len(seeds)}", end="", file=sys.stderr)
            yield outcome
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def _print_views(outcomes: list[Outcome], args: argparse.Namespace) -> None:
    """One document for one seed, else a line each."""
    if args.seed is not None:
        print_json(asdict(outcomes[0]))
        return
    for outcome in outcomes:
        print(json.dumps(asdict(outcome)))


def _render_row(outcomes: list[Outcome], seconds: float) -> str:
    broken = [o for o in outcomes if o.safety]
    healed = sum(o.liveness for o in outcomes)
    events = sum(o.events for o in outcomes)
    messages = sum(o.messages for o in outcomes)
    commits = max(1, sum(o.commits for o in outcomes))
    first = f"{broken[0].safety[0].law}, seed {broken[0].seed}" if broken else "-"
    count = len(outcomes)
    unsafe, heals = f"{len(broken)} of {count}", f"{healed} of {count}"
    reports = sum(o.reports for o in outcomes)
    return (
        f"{outcomes[0].algorithm:6} {unsafe:14} {heals:14} {events / seconds:8,.0f}"
        f"  {messages / commits:11,.0f}  {reports:7,}  {first}"
    )


def _render_one(outcome: Outcome) -> list[str]:
    lines = [f"{outcome.algorithm} seed {outcome.seed}: {outcome.events:,} events"]
    lines += [f"height {outcome.commits}, trace {outcome.trace_sha256}"]
    lines += [f"BROKEN {v.law} at {v.at_ms} ms: {v.detail}" for v in outcome.safety]
    if not outcome.liveness:
        lines.append("BROKEN liveness: no progress after healing")
    return lines


def _count(low: int, high: int) -> "partial[int]":
    return partial(_parse_count, low, high)


def _parse_count(low: int, high: int, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 20:  # noqa: PLR2004  # 64 bits
        raise argparse.ArgumentTypeError(f"expected a whole number, found {text[:40]!r}")
    number = int(text)
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"expected {low} to {high}, found {number}")
    return number
