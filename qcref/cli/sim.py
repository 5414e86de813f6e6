"""`qc sim`: seeded networks of nodes under faults, and what broke in them.

With `--seed` it plays one run and prints what broke, as a story: the same seed is the same run,
event for event. Without, it plays `--seeds` seeds of one algorithm, or with `--all` of every
algorithm, and then also asks where each breaks. `--replay` plays a run from a file, `--minimise`
makes it smaller.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from os import cpu_count
from pathlib import Path

from dsl.extension import ExtensionError
from dsl.place import try_place
from qcref.cli.output import FAILED, GOOD, CliError, add_json, report_error
from qcref.sim.adversary import BEHAVIOURS
from qcref.sim.campaign import (
    Table,
    Tally,
    compute_curves,
    find_canary,
    measure_reversals,
    open_pool,
    play,
)
from qcref.sim.chains import ALGORITHMS, AlgorithmError
from qcref.sim.minimise import Minimiser
from qcref.sim.outcomes import OutcomeLog, OutcomeLogError
from qcref.sim.profiles import PROFILES, ProfileError, get_profile
from qcref.sim.progress import Progress
from qcref.sim.replay import ReplayError, Run, encode_run, get_law, read_run, render_story
from qcref.sim.report import render_report
from qcref.sim.run import (
    TWINS,
    Outcome,
    Setup,
    draw_run,
    get_adversary,
    get_chain,
    get_fault_bound,
    run_plan,
)
from qcref.sim.table import encode_table, render_table

NODES_MAX = 31
"""More validators make no new kind of run, only slower ones."""
SEEDS_MAX = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes `qc sim` to a parser."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--algorithm", metavar="NAME", help=f"{', '.join(ALGORITHMS)}, or path.py:Class"
    )
    which.add_argument("--all", action="store_true", help="every algorithm, and where each breaks")
    which.add_argument("--replay", type=Path, metavar="FILE", help="play the run in a file")
    parser.add_argument("--nodes", type=_count(1, NODES_MAX), default=4, help="validators (4)")
    parser.add_argument(
        "--byzantine",
        type=_count(0, NODES_MAX),
        help="of them faulty (fewer than a third, as many as that allows)",
    )
    parser.add_argument(
        "--adversary",
        default="",
        metavar="NAME",
        help=f"what they do: {', '.join((TWINS, *BEHAVIOURS))}, or path.py:Class (seeds choose)",
    )
    profiles = ", ".join(PROFILES)
    parser.add_argument(
        "--profile", "--network", default="stormy", help=f"faults: {profiles}, or a .toml (stormy)"
    )
    parser.add_argument("--canary", action="store_true", help="plant a fault: promises are lost")
    parser.add_argument("--seed", type=_count(0, 2**63), help="play this one seed")
    parser.add_argument("--seeds", type=_count(1, SEEDS_MAX), default=20, help="how many (20)")
    parser.add_argument("--first-seed", type=_count(0, 2**63), default=0, help="where to start (0)")
    parser.add_argument("--jobs", type=_count(1, 64), default=cpu_count() or 1, help="processes")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="add outcomes there; what it holds is not rerun"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page with plots")
    parser.add_argument(
        "--minimise", type=Path, metavar="FILE", help="make a failing run smaller, write it there"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plays the seeds; 1 if a law broke, or a network did not heal."""
    try:
        return _run(args)
    except (ExtensionError, AlgorithmError, ProfileError, ReplayError, OutcomeLogError) as error:
        return report_error(_get_error(error))
    except CliError as error:
        return report_error(error)


def _run(args: argparse.Namespace) -> int:
    is_one = args.replay is not None or args.seed is not None
    if is_one and (args.report is not None or args.log is not None):
        raise CliError("sim.misused", "--report and --log are of many runs: leave out --seed N")
    if not is_one and args.minimise is not None:
        raise CliError("sim.misused", "--minimise needs one run: --seed N or --replay FILE")
    for path in (args.report, args.minimise):
        if path is not None:
            try_place(path)
    if args.replay is not None:
        return _play_one(read_run(args.replay), args)
    setups = [_make_setup(name, args) for name in (ALGORITHMS if args.all else (args.algorithm,))]
    if args.seed is None:
        return _play_many(setups, args)
    codes = [_play_one(Run(setup, args.seed, draw_run(setup, args.seed)), args) for setup in setups]
    return max(codes)


def _make_setup(algorithm: str, args: argparse.Namespace) -> Setup:
    """The setup, after its parts were seen to be there."""
    get_profile(args.profile)
    if args.adversary:
        get_adversary(args.adversary)
    get_chain(algorithm, args.nodes)
    bound = get_fault_bound(args.nodes)
    byzantine = bound if args.byzantine is None else args.byzantine
    if byzantine > args.nodes:
        raise CliError("sim.misused", f"{byzantine} of {args.nodes} validators can't be byzantine")
    return Setup(algorithm, args.nodes, byzantine, args.profile, args.adversary, args.canary)


# One run


def _play_one(run: Run, args: argparse.Namespace) -> int:
    outcome = run_plan(run.setup, run.seed, run.plan)
    if args.minimise is not None:
        run, outcome = _minimise(run, args.minimise)
    if args.json:
        print(json.dumps(encode_outcome(outcome)))
    else:
        print("\n".join(_render_one(run, outcome)))
    return GOOD if get_law(outcome) is None else FAILED


def _minimise(run: Run, path: Path) -> tuple[Run, Outcome]:
    with Progress() as progress:
        minimiser = Minimiser(run, lambda tried, left: progress(f"{left} faults left", tried, 0))
        if minimiser.law is None:
            raise CliError("sim.nothing_to_minimise", "the run breaks no law", ("try other seeds",))
        run, outcome = minimiser.minimise()
    path.write_text(encode_run(run, outcome), "utf-8")
    return run, outcome


def _render_one(run: Run, outcome: Outcome) -> list[str]:
    lines = render_story(run, outcome)
    lines.append(
        f"{outcome.events:,} events · {outcome.messages:,} messages · height {outcome.commits}"
        f" · {outcome.reports} reports · trace {outcome.trace_sha256}"
    )
    return lines


def encode_outcome(outcome: Outcome) -> dict[str, object]:
    """An outcome as JSON."""
    return asdict(outcome)


def render_again(setup: Setup, seed: int) -> str:
    """The command that plays a run again."""
    words = ["qc sim", f"--algorithm {setup.algorithm}", f"--nodes {setup.nodes}"]
    words += [f"--byzantine {setup.byzantine}", f"--profile {setup.profile}"]
    words += [f"--adversary {setup.adversary}"] if setup.adversary else []
    words += ["--canary"] if setup.is_forgetful else []
    return " ".join([*words, f"--seed {seed}"])


# Many runs


def _play_many(setups: list[Setup], args: argparse.Namespace) -> int:
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    with Progress() as progress, open_pool(args.jobs) as pool, OutcomeLog(args.log) as log:
        tallies = []
        for setup in setups:
            tally = Tally(setup)
            missing = [seed for seed in seeds if log.get(setup, seed) is None]
            fresh = play(pool, setup, missing, progress)
            for outcome in _merge(setup, seeds, log, fresh):
                tally.add(outcome)
                if args.json:
                    print(json.dumps(encode_outcome(outcome)), flush=True)
            tallies.append(tally)
        names = [setup.algorithm for setup in setups] if args.all else []
        table = Table(
            nodes=args.nodes,
            profile=args.profile,
            first_seed=args.first_seed,
            tallies=tuple(tallies),
            curves=compute_curves(pool, names, args.nodes, seeds, progress),
            reversals=measure_reversals(pool, seeds, progress) if args.all else (),
            canary=find_canary(pool, args.first_seed, progress) if args.all else None,
        )
    _print_table(table, args)
    if args.report is not None:
        args.report.write_text(render_report(table), "utf-8")
    return GOOD if table.is_good else FAILED


def _merge(
    setup: Setup, seeds: range, log: OutcomeLog, fresh: Iterator[Outcome]
) -> Iterator[Outcome]:
    """Outcomes in the order of the seeds: from the log, or played now and logged."""
    for seed in seeds:
        known = log.get(setup, seed)
        if known is None:
            known = next(fresh)
            log.add(setup, known)
        yield known


def _print_table(table: Table, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps({"table": encode_table(table)}), flush=True)
        return
    print("\n".join(render_table(table)))
    for tally in table.tallies:
        if tally.first_unsafe is not None:
            seed, law = tally.first_unsafe
            print(f"BROKEN {law} · again: {render_again(tally.setup, seed)}")
        if tally.first_stuck is not None:
            print(f"BROKEN liveness · again: {render_again(tally.setup, tally.first_stuck)}")


# Arguments


def _get_error(error: Exception) -> CliError:
    """The coded error of what a command was given."""
    codes = {
        ExtensionError: ("cli.extension_invalid", "write path.py:Class; `docs/simulation.md`"),
        AlgorithmError: ("sim.algorithm_invalid", "write its name, or path.py:Class"),
        ProfileError: ("sim.profile_invalid", "`docs/simulation.md` lists the keys"),
        ReplayError: ("sim.run_file_invalid", "`qc sim --seed N --minimise FILE` writes one"),
        OutcomeLogError: ("sim.log_invalid", "name another file, or none"),
    }
    code, help_text = codes[type(error)]
    sentence = error.sentence if isinstance(error, ProfileError) else str(error)
    return CliError(code, sentence, (help_text,))


def _count(low: int, high: int) -> "partial[int]":
    return partial(_parse_count, low, high)


def _parse_count(low: int, high: int, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 20:  # noqa: PLR2004  # 64 bits
        raise argparse.ArgumentTypeError(f"expected a whole number, found {text[:40]!r}")
    number = int(text)
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"expected {low} to {high}, found {number}")
    return number
