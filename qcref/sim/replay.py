"""A run as a file: setup, seed and faults, so that it plays again anywhere, and reads as a story.

Source: UX.md (protocol researcher).
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final, get_args

from dsl.extension import is_extension
from qcref.sim.chains import ALGORITHMS
from qcref.sim.plan import Crash, Cut, Fault, Partition, Plan, Skew, Weather, count_nodes
from qcref.sim.run import Outcome, Setup

FORMAT: Final = "qc-sim-run-1"
FILE_SIZE_BYTES_MAX: Final = 1 << 20
FAULTS_MAX: Final = 10_000
NUMBER_MAX: Final = 1 << 63
NODES_MAX: Final = 62
TIME_MS_MAX: Final = 600_000

KINDS: Final[dict[str, type[Fault]]] = {kind.__name__.lower(): kind for kind in get_args(Fault)}


class ReplayError(Exception):
    """A file holds no run."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that decides a run."""

    setup: Setup
    seed: int
    plan: Plan


def encode_run(run: Run, outcome: Outcome) -> str:
    """A run with what became of it, as a file's text."""
    document = {
        "format": FORMAT,
        "story": render_story(run, outcome),
        "setup": asdict(run.setup),
        "seed": run.seed,
        "behaviours": run.plan.behaviours,
        "delay_ms": run.plan.delay_ms,
        "faults_ms": run.plan.faults_ms,
        "faults": [{"kind": type(f).__name__.lower(), **asdict(f)} for f in run.plan.faults],
        "law": get_law(outcome),
        "trace_sha256": outcome.trace_sha256,
    }
    return json.dumps(document, indent=1) + "\n"


def read_run(path: Path) -> Run:
    """The run in a file; its story and verdict are not read, but made anew.

    Raises:
        ReplayError: the file can't be read or holds no run.
    """
    try:
        data = path.read_bytes()[: FILE_SIZE_BYTES_MAX + 1]
        if len(data) > FILE_SIZE_BYTES_MAX:
            raise ReplayError(f"{path} is larger than {FILE_SIZE_BYTES_MAX} bytes")
        return _decode_run(json.loads(data.decode("utf-8")))
    except OSError as error:
        raise ReplayError(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ReplayError(f"{path} is no JSON: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ReplayError(f"{path} holds no run: {error}") from error


def _decode_run(document: object) -> Run:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReplayError(f"the file's format is not {FORMAT}")
    setup = _decode_setup(document["setup"])
    behaviours = tuple(_read_text(b) for b in _read_list(document["behaviours"], NODES_MAX))
    low, high = (_read_number(n, TIME_MS_MAX) for n in _read_list(document["delay_ms"], 2))
    if len(behaviours) > setup.nodes or not 0 < low <= high:
        raise ValueError("more byzantine validators than there are, or delays that end first")
    total = count_nodes(setup.nodes, behaviours)
    faults = tuple(_decode_fault(f, total) for f in _read_list(document["faults"], FAULTS_MAX))
    plan = Plan(behaviours, (low, high), _read_number(document["faults_ms"], TIME_MS_MAX), faults)
    return Run(setup, _read_number(document["seed"], NUMBER_MAX), plan)


def _decode_setup(raw: object) -> Setup:
    if not isinstance(raw, dict):
        raise TypeError("`setup` is no object")
    algorithm = _read_text(raw["algorithm"])
    if algorithm not in ALGORITHMS and not is_extension(algorithm):
        raise ValueError(f"there is no algorithm `{algorithm:.80}`")
    nodes = _read_number(raw["nodes"], NODES_MAX // 2)
    if nodes < 1:
        raise ValueError("there are no nodes")
    return Setup(
        algorithm=algorithm,
        nodes=nodes,
        byzantine=_read_number(raw["byzantine"], nodes),
        profile=_read_text(raw["profile"]),
        adversary=_read_text(raw["adversary"]),
        is_forgetful=raw["is_forgetful"] is True,
    )


def _decode_fault(raw: object, total: int) -> Fault:
    if not isinstance(raw, dict):
        raise TypeError("a fault is no object")
    kind = KINDS[_read_text(raw["kind"])]
    values: dict[str, object] = {}
    for field in fields(kind):
        value = raw[field.name]
        if field.name == "sides":
            values["sides"] = tuple(_read_number(side, 1) for side in _read_list(value, total))
        elif field.name == "is_torn":
            values["is_torn"] = value is True
        elif field.name in ("node", "sender", "receiver"):
            values[field.name] = _read_number(value, total - 1)
        elif field.name == "skew_ms":
            values[field.name] = _read_number(abs(value), TIME_MS_MAX) * (1 if value >= 0 else -1)
        else:
            values[field.name] = _read_number(value, TIME_MS_MAX)
    return kind(**values)  # type: ignore[arg-type]  # each was read by its field's name


def _read_number(raw: object, high: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= high:
        raise ValueError(f"{raw!r:.40} is no number from 0 to {high}")
    return raw


def _read_list(raw: object, count_max: int) -> list[object]:
    if not isinstance(raw, list) or len(raw) > count_max:
        raise ValueError(f"expected a list of at most {count_max}")
    return raw


def _read_text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{raw!r:.40} is no text")
    return raw


def get_law(outcome: Outcome) -> str | None:
    """The law that a run broke first; None if it broke none."""
    if outcome.safety:
        return outcome.safety[0].law
    return None if outcome.liveness else "liveness"


def render_story(run: Run, outcome: Outcome) -> list[str]:
    """What happens in a run, in the order of time, and how it ends."""
    setup = run.setup
    lines = [f"{setup.algorithm}, {setup.nodes} validators, seed {run.seed}"]
    total = setup.nodes
    for validator, behaviour in enumerate(run.plan.behaviours):
        if behaviour == "twins":
            lines.append(f"validator {validator} runs twice: nodes {validator} and {total}")
            total += 1
        else:
            lines.append(f"validator {validator} is byzantine: {behaviour}")
    if setup.is_forgetful:
        lines.append("planted: nodes forget their promises in a crash")
    told = sorted(run.plan.faults, key=_get_start)
    lines += [f"{_get_start(fault):>6} ms  {_tell(fault)}" for fault in told]
    lines.append(f"{run.plan.faults_ms:>6} ms  all faults end")
    if not outcome.safety and outcome.liveness:
        lines.append(f"nothing broke; every honest node moved on after {outcome.healed_ms} ms")
    lines += [f"{v.at_ms:>6} ms  BROKEN {v.law}: {v.detail}" for v in outcome.safety[:5]]
    if len(outcome.safety) > 5:  # noqa: PLR2004  # the first few tell it
        lines.append(f"           and {len(outcome.safety) - 5} more")
    if not outcome.liveness:
        lines.append("BROKEN liveness: not every honest node moved on after healing")
    return lines


def _get_start(fault: Fault) -> int:
    match fault:
        case Skew():
            return 0
        case Crash(at_ms=at_ms):
            return at_ms
        case Partition() | Cut() | Weather():
            return fault.from_ms


def _tell(fault: Fault) -> str:
    """A fault in words."""
    match fault:
        case Partition(to_ms=to_ms, sides=sides):
            parts = [
                ", ".join(str(node) for node, side in enumerate(sides) if side == which)
                for which in (0, 1)
            ]
            return f"nodes {parts[0] or '-'} are cut off from {parts[1] or '-'} until {to_ms} ms"
        case Cut(to_ms=to_ms, sender=sender, receiver=receiver):
            return f"node {sender} no longer reaches node {receiver}, until {to_ms} ms"
        case Weather(to_ms=to_ms, loss_percent=lost, duplicate_percent=doubled):
            held = fault.reorder_percent
            return f"{lost} % lost, {doubled} % doubled, {held} % overtaken, until {to_ms} ms"
        case Crash(node=node, down_ms=down_ms, is_torn=is_torn):
            where = "while it writes to its log" if is_torn else "in the middle of its next step"
            return f"node {node} crashes {where}, and wakes after {down_ms} ms"
        case Skew(node=node, skew_ms=skew_ms):
            side = "slow" if skew_ms < 0 else "fast"
            return f"node {node}'s clock is {abs(skew_ms)} ms {side}"


def replace_faults(run: Run, faults: tuple[Fault, ...]) -> Run:
    """The run with other faults."""
    return replace(run, plan=replace(run.plan, faults=faults))
