"""Goals as SMT-LIB files, for other solvers: each is a state of affairs that must be impossible.

A file holds exactly what the verdict rests on: the hypotheses that were left at the fixpoint, the
instances and lemmas. `unsat` means proved. Goals that simplification alone decides have no file.
"""

import re
from pathlib import Path

from dsl.verify.assemble import Mode, assemble
from dsl.verify.fixpoint import decide_all
from dsl.verify.names import Names
from dsl.verify.solver import Limits, Solver
from dsl.verify.validity import make_valid_vc
from dsl.verify.verify import Remembering, Subject


def export_goals(subject: Subject, solver: Solver, limits: Limits, folder: Path) -> int:
    """Writes the goals of a contract that are proved; how many files there are."""
    decide = Remembering(solver, limits)
    vc = make_valid_vc(subject.linked, decide, subject.plans, subject.ghosts)
    outcomes = decide_all(vc, decide)
    names = Names(
        subject.linked.module,
        subject.source_map,
        subject.contract,
        subject.file,
        subject.source,
        plans=subject.plans,
    )
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for outcome in outcomes:
        goal = outcome.goal
        is_trivial = goal.violated is vc.encoder.pool.false
        if goal.is_wanted or goal.unsupported or is_trivial or outcome.verdict != "proved":
            continue
        query, _ = assemble(vc, goal, Mode(outcome.rests_on, is_comparing=True))
        count += 1
        title = f"{names.get_goal(goal)}.{goal.kind}.{names.get_function(goal.function)}"
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", title).strip("_")
        text = f"; {subject.contract}: {title}\n; unsat: proved\n{query.text}\n(check-sat)\n"
        path = folder / f"{subject.contract}.{count:04}.{stem}.smt2"
        path.write_text(text, encoding="ascii", errors="replace")
    return count
