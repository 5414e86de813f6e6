"""The mutants of contracts in shares: over the cores, and remembered one by one.

Each contract is first proved by itself; then its mutants are tried a share at a time, by whichever
worker is free. What a share has found is remembered as soon as it is done, so that a run that is
stopped goes on where it was. Results come in the order of the paths.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dsl.compile import CompiledUnit
from dsl.verify import cache
from dsl.verify.jobs import Mutated, Problem, Settings, Solvers, compile_file, guard, make_subject
from dsl.verify.library import Tell, place_all, spread
from dsl.verify.mutate import (
    Base,
    Mutant,
    Survivor,
    Trial,
    list_mutants,
    make_base,
    make_mutation,
)
from dsl.verify.solver import Limits
from dsl.verify.verify import Remembering, Subject

SHARE = 16
"""Mutants in a share: some seconds of work."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A contract that is proved, or whose result is known."""

    path: str
    result: Mutated | None
    """Known already, or why there is none."""
    count: int = 0
    """Its mutants, up to one more than are tried."""
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class _Share:
    """Some mutants of a contract that is proved."""

    path: Path
    settings: Settings
    base: Base
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a share."""

    path: str
    start: int
    end: int
    survivors: tuple[Survivor, ...] = ()
    problem: Problem | None = None


@dataclass(slots=True)
class _Bench:
    """What a worker has in its hands: one contract, and its own solver."""

    solvers: Solvers
    path: Path | None = None
    subject: Subject | None = None
    decide: Remembering | None = None
    mutants: tuple[Mutant, ...] = ()
    trial: Trial | None = None

    def take(self, path: Path, settings: Settings) -> Subject | str:
        """The contract of a file, compiled once; a text if it does not compile."""
        if self.path != path or self.subject is None:
            unit = compile_file(path)
            if not isinstance(unit, CompiledUnit):
                return unit or ""
            self.path, self.subject, self.trial = path, make_subject(unit), None
            self.decide = Remembering(self.solvers.get(), Limits(rlimit=settings.rlimit))
            self.mutants = tuple(islice(list_mutants(self.subject), settings.mutants_max + 1))
        return self.subject


_OWN: list[_Bench] = []
"""The bench of a worker, which lives as long as it does."""


def _get_bench() -> _Bench:
    if not _OWN:
        _OWN.append(_Bench(Solvers(1)))
    return _OWN[0]


def make_key(subject: Subject, settings: Settings, purpose: str) -> str:
    """The name of what is remembered of some mutants."""
    return cache.compute_key(subject, settings.solver_version, settings.rlimit, f"mutate {purpose}")


def _prepare(task: tuple[Path, Settings]) -> _Prepared:
    """Compiles and proves a contract, unless its result is remembered."""
    path, settings = task
    found: list[_Prepared] = []

    def work() -> Mutated:
        bench = _get_bench()
        subject = bench.take(path, settings)
        if isinstance(subject, str):
            return Mutated(str(path), diagnostics=subject)
        assert bench.decide is not None, "it comes with the contract"
        key = make_key(subject, settings, str(settings.mutants_max))
        folder = settings.out / "cache"
        known = cache.read_mutation(folder, key) if settings.is_cached else None
        if known is None:
            base = make_base(subject, bench.decide)
            found.append(_Prepared(str(path), None, len(bench.mutants), base))
        return Mutated(str(path), known)

    result = guard(path, work)
    if isinstance(result, Problem):
        return _Prepared(str(path), Mutated(str(path), problem=result))
    assert isinstance(result, Mutated), "the work of this job"
    return found[0] if found else _Prepared(str(path), result)


def _try(share: _Share) -> _Done:
    """Tries the mutants of a share, unless what became of them is remembered."""
    path, settings = share.path, share.settings
    survivors: list[Survivor] = []

    def work() -> Mutated:
        bench = _get_bench()
        subject = bench.take(path, settings)
        assert isinstance(subject, Subject), "it has been compiled before"
        assert bench.decide is not None, "it comes with the contract"
        key = make_key(subject, settings, f"{share.start} to {share.end}")
        folder = settings.out / "cache"
        known = cache.read_mutation(folder, key) if settings.is_cached else None
        if known is None:
            if bench.trial is None:
                bench.trial = Trial(subject, share.base, bench.decide)
            found = bench.trial.find_survivors(bench.mutants[share.start : share.end])
            known = make_mutation(subject, share.end - share.start, found)
            cache.write_mutation(folder, key, known)
        survivors.extend(known.survivors)
        return Mutated(str(path), known)

    result = guard(path, work)
    problem = result if isinstance(result, Problem) else None
    return _Done(str(path), share.start, share.end, tuple(survivors), problem)


def mutate_files(paths: Sequence[Path], settings: Settings, tell: Tell) -> Iterator[Mutated]:
    """What became of the mutants of each file, as soon as it and those before it are done."""
    paths = list(dict.fromkeys(paths))
    places = place_all(paths, settings)
    prepared = {each.path: each for each in spread(_prepare, list(zip(paths, places, strict=True)))}
    shares: list[_Share] = []
    for path, place in zip(paths, places, strict=True):
        ready = prepared[str(path)]
        if ready.base is not None:
            count = min(ready.count, settings.mutants_max)
            shares += [
                _Share(path, place, ready.base, start, min(start + SHARE, count))
                for start in range(0, count, SHARE)
            ]
    done: dict[str, list[_Done]] = {str(path): [] for path in paths}
    waiting = list(zip(paths, places, strict=True))
    tried, whole = 0, sum(each.end - each.start for each in shares)
    yield from _take_whole(waiting, prepared, done)
    for result in spread(_try, shares):
        done[result.path].append(result)
        tried += result.end - result.start
        tell(tried, whole)
        yield from _take_whole(waiting, prepared, done)


def _take_whole(
    waiting: list[tuple[Path, Settings]],
    prepared: dict[str, _Prepared],
    done: dict[str, list[_Done]],
) -> Iterator[Mutated]:
    """The files at the head of those that wait of which everything is known."""
    while waiting:
        path, settings = waiting[0]
        ready, parts = prepared[str(path)], done[str(path)]
        count = min(ready.count, settings.mutants_max)
        if ready.result is None and sum(each.end - each.start for each in parts) < count:
            return
        waiting.pop(0)
        yield ready.result or _join(path, settings, ready, parts)


def _join(path: Path, settings: Settings, ready: _Prepared, parts: Sequence[_Done]) -> Mutated:
    """The result of a file from those of its shares; it is remembered too."""
    for each in parts:
        if each.problem is not None:
            return Mutated(str(path), problem=each.problem)
    unit = compile_file(path)
    assert isinstance(unit, CompiledUnit), "it has been compiled before"
    subject = make_subject(unit)
    survivors = [
        survivor
        for each in sorted(parts, key=lambda part: part.start)
        for survivor in each.survivors
    ]
    tried = min(ready.count, settings.mutants_max)
    mutation = make_mutation(subject, tried, survivors)
    mutation = replace(mutation, is_cut=ready.count > settings.mutants_max)
    key = make_key(subject, settings, str(settings.mutants_max))
    cache.write_mutation(settings.out / "cache", key, mutation)
    return Mutated(str(path), mutation)
