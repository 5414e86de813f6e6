"""One contract file, from its text to a verified report: what `verify` does with each file.

A job runs in this process or in a worker of `library`; its result is plain data, so that it can
travel between them. Children that solve are started only when something must be proved.
"""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dsl.cli import read_source
from dsl.compile import CompiledUnit, compile_source, complete
from dsl.diagnostics import is_error, render_diagnostics
from dsl.interface import render_signature
from dsl.testing import run_tests
from dsl.verify import cache, recipes
from dsl.verify.mutate import Mutation
from dsl.verify.report import Tests
from dsl.verify.solver import Limits, Solver, SolverMissingError
from dsl.verify.verify import Report, Subject, verify

MUTANTS_DEFAULT = 1_000
"""Mutants tried at most, unless told otherwise."""
MISSING = "verify.no_solver"
NO_PLACE = "verify.no_place"
INTERNAL = "verify.internal"


@dataclass(frozen=True, slots=True)
class Settings:
    """How files are verified."""

    out: Path
    """Where counterexamples go, and what is remembered."""
    rlimit: int
    solver_version: str
    """Of the installed package; part of what a remembered report depends on."""
    is_cached: bool
    mutants_max: int = 0
    """Mutants tried for one contract."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no whole result: an error of the environment, with its exit code 2."""

    code: str
    sentence: str
    help: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one file."""

    path: str
    report: Report | None = None
    """None if the file does not compile."""
    tests: Tests | None = None
    diagnostics: str = ""
    """Why it does not compile."""
    problem: Problem | None = None
    signatures: tuple[str, ...] = ()
    """The functions as a caller sees them."""
    mutation: Mutation | None = None
    """The mutation score, where it is remembered."""


@dataclass(frozen=True, slots=True)
class Mutated:
    """What became of the mutants of one file."""

    path: str
    mutation: Mutation | None = None
    diagnostics: str = ""
    problem: Problem | None = None


class Solvers:
    """Children of a process, started when first asked for."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._solver: Solver | None = None

    def get(self) -> Solver:
        """The children."""
        if self._solver is None:
            self._solver = Solver(self._workers)
        return self._solver

    def close(self) -> None:
        """Ends the children."""
        if self._solver is not None:
            self._solver.close()
        self._solver = None


def compile_file(path: Path) -> CompiledUnit | str | None:
    """The compiled contract of a file; text that says why not; None if that is said already."""
    text = read_source(path)
    if isinstance(text, int):
        return None
    result = complete(compile_source(text, str(path)))
    errors = [each for each in result.diagnostics if is_error(each)]
    if result.unit is None or errors:
        return render_diagnostics(result.source, result.diagnostics)
    return result.unit


def make_subject(unit: CompiledUnit) -> Subject:
    """What the verifier needs of a compiled contract."""
    proof = unit.proof
    return Subject(
        proof.linked,
        unit.name,
        unit.source.name,
        proof.source_map,
        unit.source,
        proof.plans,
        proof.ghosts,
        unit.code_id,
    )


def guard(path: Path, work: Callable[[], Verified | Mutated]) -> Verified | Mutated | Problem:
    """A job's result; a fault of the verifier itself is a coded problem, not a traceback."""
    try:
        return work()
    except SolverMissingError:
        return Problem(
            MISSING,
            "the solver z3 is not installed or does not start",
            "install it: pip install 'quantumchain[verify]'",
        )
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault and is reported
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Problem(
            INTERNAL,
            f"{path}: the verifier has failed ({type(error).__name__} at {place}: {error})",
            "this is a fault of the verifier, nothing was proved: please report it",
        )


def verify_file(path: Path, settings: Settings, solvers: Solvers) -> Verified:
    """Compiles, proves (or remembers), writes counterexamples, and runs the tests of a file."""

    def work() -> Verified:
        known = _recall(path, settings)
        if known is not None:
            return known
        unit = compile_file(path)
        if not isinstance(unit, CompiledUnit):
            return Verified(str(path), diagnostics=unit or "")
        recipe = _make_recipe(unit, settings)
        report, is_new = _get_report(unit, recipe.report, settings, solvers)
        problem = None
        if is_new:
            try:
                report = write_counterexamples(report, settings.out)
            except OSError as error:
                problem = Problem(
                    NO_PLACE,
                    f"the counterexamples can't be written to {settings.out}: {error.strerror}",
                    "name a folder that can be written: --out DIR",
                )
        tests = _get_tests(unit, recipe.tests, settings)
        if report.verdict == "proved" and not tests.failed:
            key = _name_recipe(path, recipes.hash_texts(unit.source)[0], settings)
            recipes.write_recipe(settings.out / "cache", key, recipe)
        return Verified(
            str(path),
            report,
            tests,
            problem=problem,
            signatures=recipe.signatures,
            mutation=cache.read_mutation(settings.out / "cache", recipe.mutation),
        )

    result = guard(path, work)
    if isinstance(result, Problem):
        return Verified(str(path), problem=result)
    assert isinstance(result, Verified), "the work of this job"
    return result


def list_signatures(unit: CompiledUnit) -> tuple[str, ...]:
    """The functions of a contract as a caller sees them: "action transfer(address,u256)"."""
    entries = [each for each in unit.checked.functions if each.kind != "function"]
    return tuple(
        f"{each.kind} {render_signature(each.name, [param.type for param in each.params])}"
        for each in entries
    )


def _name_recipe(path: Path, text: str, settings: Settings) -> str:
    return recipes.compute_key(path, text, settings.solver_version, settings.rlimit)


def _make_recipe(unit: CompiledUnit, settings: Settings) -> recipes.Recipe:
    """Where results of a contract are remembered; of `mutate`, with as many as it tries itself."""
    subject = make_subject(unit)
    report, mutation = (
        cache.compute_key(subject, settings.solver_version, settings.rlimit, purpose)
        for purpose in ("verify", f"mutate {MUTANTS_DEFAULT}")
    )
    paths = [part.path for part in unit.source.parts]
    return recipes.Recipe(
        report,
        cache.compute_tests_key(unit),
        mutation,
        list_signatures(unit),
        tuple(zip(paths, recipes.hash_texts(unit.source)[1:], strict=True)),
    )


def _recall(path: Path, settings: Settings) -> Verified | None:
    """What is remembered of a file, without compiling it, if all of it is."""
    text = recipes.hash_file(path) if settings.is_cached else None
    if text is None:
        return None
    folder = settings.out / "cache"
    recipe = recipes.read_recipe(folder, _name_recipe(path, text, settings))
    if recipe is None:
        return None
    report = cache.read_report(folder, recipe.report)
    passed = cache.read_tests(folder, recipe.tests)
    if report is None or passed is None:
        return None
    return Verified(
        str(path),
        report,
        Tests(passed, ()),
        signatures=recipe.signatures,
        mutation=cache.read_mutation(folder, recipe.mutation),
    )


def _get_report(
    unit: CompiledUnit, key: str, settings: Settings, solvers: Solvers
) -> tuple[Report, bool]:
    """The report, and whether it is new."""
    folder = settings.out / "cache"
    known = cache.read_report(folder, key) if settings.is_cached else None
    if known is not None:
        return known, False
    report = verify(make_subject(unit), solvers.get(), Limits(rlimit=settings.rlimit))
    cache.write_report(folder, key, report)
    return report, True


def _get_tests(unit: CompiledUnit, key: str, settings: Settings) -> Tests:
    """How the tests went; that all pass is remembered by module, text and specification."""
    folder = settings.out / "cache"
    known = cache.read_tests(folder, key) if settings.is_cached else None
    if known is not None:
        return Tests(known, ())
    results = run_tests(unit)
    failed = tuple(f"{each.title}: {each.problem}" for each in results if not each.passed)
    if not failed:
        cache.write_tests(folder, key, len(results))
    return Tests(len(results) - len(failed), failed)


def write_counterexamples(report: Report, folder: Path) -> Report:
    """Writes the files that replay a report's counterexamples, and names them in it."""
    written = []
    used: set[str] = set()
    for each in report.counterexamples:
        parts = (report.contract, each.goal, each.action)
        stem = ".".join(re.sub(r"[^A-Za-z0-9_]+", "_", part) for part in parts if part)
        name, number = stem, 1
        while name in used:
            number += 1
            name = f"{stem}.{number}"
        used.add(name)
        path = folder / f"{name}.cex.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(each.content, encoding="utf-8")
        written.append(replace(each, file=str(path)))
    return replace(report, counterexamples=tuple(written))
