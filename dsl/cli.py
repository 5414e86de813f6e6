"""`qc contract`: new, check, test, fmt, build, explain, and what the verifier adds.

Exit codes: 0 good, 1 the contract has errors, a test fails or the layout differs,
2 usage or environment.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.diagnostics import find_nearest
from dsl.verify import cli as verifier

if TYPE_CHECKING:
    from dsl.compile import CompiledUnit, CompileResult

GOOD, FAILED, USAGE = 0, 1, 2


class AuthorError(StrEnum):
    """What `qc contract` may object to before it reads a contract."""

    NO_FILE = "contract.no_file"
    """There is no such file."""
    NOT_UTF8 = "contract.not_utf8"
    """The file is no UTF-8 text."""
    NO_TEMPLATE = "contract.no_template"
    """There is no such template."""
    BAD_NAME = "contract.bad_name"
    """A contract can't be called so: letters, digits and _ only, and no digit first."""
    EXISTS = "contract.exists"
    """There is a file or folder of that name already."""
    NO_CODE = "contract.no_diagnostic"
    """No diagnostic has that code."""


SIZE_READ_MAX = 1 << 20
"""Bytes read of a source: more than any source may have, so that its length can be reported."""
BUILD_FOLDER = ".qc/build"
"""Where `build` writes unless told otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `qc contract` to a parser."""
    commands = parser.add_subparsers(dest="contract_command", metavar="COMMAND", required=True)
    new = commands.add_parser("new", help="write a contract, its tests and a README")
    new.add_argument("name", help="name of the contract and its folder")
    new.add_argument("--template", default="token", help="token, escrow or empty")
    _add_file(commands.add_parser("check", help="parse and type-check"))
    _add_file(commands.add_parser("test", help="run the `test` blocks in the reference machine"))
    fmt = commands.add_parser("fmt", help="lay files out")
    fmt.add_argument("files", nargs="+", type=Path, metavar="FILE")
    fmt.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if anything would"
    )
    fmt.add_argument("--infer", action="store_true", help="write missing clauses in, as `fix` does")
    build = commands.add_parser("build", help="write core IR, ABI and source map")
    _add_file(build)
    build.add_argument("--out", type=Path, default=Path(BUILD_FOLDER), metavar="DIR")
    _add_file(commands.add_parser("gas", help="what each function can cost at most"))
    explain = commands.add_parser("explain", help="explain a diagnostic")
    explain.add_argument("code", help="its code, as QC0103")
    explain.add_argument("--json", action="store_true", help="print as JSON")
    verifier.add_arguments(commands)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a contract, NAME.qc")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; the exit code."""
    command: str = args.contract_command
    own: dict[str, Callable[[argparse.Namespace], int]] = {
        "new": _new,
        "check": _check,
        "test": _test,
        "fmt": _fmt,
        "build": _build,
        "gas": _gas,
        "explain": _explain,
    }
    if command in own:
        return own[command](args)
    return verifier.run(args)


def _report(code: str, sentence: str, *helps: str) -> int:
    """Print an error of usage; the exit code."""
    lines = [f"error[{code}]: {sentence}", *(f"  {text}" for text in helps)]
    print("\n".join(lines), file=sys.stderr)
    return USAGE


def read_source(path: Path) -> str | int:
    """Return the text of a file, or the exit code after saying why it can't be read."""
    if path.is_dir():
        return _report(
            AuthorError.NO_FILE, f"{path} is a directory", f"name a file: {path}/NAME.qc"
        )
    if not path.exists():
        siblings = path.parent.glob("*.qc") if path.parent.is_dir() else ()
        near = find_nearest(path.name, [each.name for each in siblings])
        helps = [f"did you mean `{path.parent / near}`?"] if near else []
        return _report(AuthorError.NO_FILE, f"there is no file {path}", *helps)
    with path.open("rb") as file:
        data = file.read(SIZE_READ_MAX)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        sentence = f"{path} is no UTF-8 text (byte {wrong.start})"
        return _report(AuthorError.NOT_UTF8, sentence, "a contract is a text file")


def _compile(args: argparse.Namespace) -> "CompileResult | int":
    from dsl.compile import compile_source, complete  # noqa: PLC0415  # not for `qc --help`

    text = read_source(args.file)
    return text if isinstance(text, int) else complete(compile_source(text, str(args.file)))


def _print_diagnostics(result: "CompileResult", *, as_json: bool) -> None:
    from dsl.diagnostics import encode_diagnostic, render_diagnostics  # noqa: PLC0415  # as above

    if as_json:
        found = [encode_diagnostic(result.source, each) for each in result.diagnostics]
        view = {"file": result.source.name, "ok": _is_good(result), "diagnostics": found}
        print(json.dumps(view, ensure_ascii=False, indent=1))
    elif result.diagnostics:
        print(render_diagnostics(result.source, result.diagnostics))


def _is_good(result: "CompileResult") -> bool:
    from dsl.diagnostics import is_error  # noqa: PLC0415  # as above

    return result.unit is not None and not any(is_error(each) for each in result.diagnostics)


def _check(args: argparse.Namespace) -> int:
    result = _compile(args)
    if isinstance(result, int):
        return result
    _print_diagnostics(result, as_json=args.json)
    if not _is_good(result) or result.unit is None:
        return FAILED
    if not args.json:
        print(f"{_describe(result.unit)} · next: qc contract verify {args.file}")
    return GOOD


def _describe(unit: "CompiledUnit") -> str:
    checked = unit.checked
    entries = [each for each in checked.functions if each.kind != "function"]
    ensures = sum(len(each.ensures) for each in entries)
    properties = len(checked.invariants) + len(checked.transitions) + ensures
    gas = max((each.gas_bound for each in unit.linked.functions), default=0)
    return (
        f"{unit.name} · {len(entries)} functions, {properties} properties, {len(unit.tests)} tests"
        f" · gas <= {gas:,} · id {unit.code_id.hex()[:8]}…"
    )


def _test(args: argparse.Namespace) -> int:
    result = _compile(args)
    if isinstance(result, int):
        return result
    if not _is_good(result) or result.unit is None:
        _print_diagnostics(result, as_json=args.json)
        return FAILED
    from dsl.testing import run_tests  # noqa: PLC0415  # the machine is needed here only

    outcomes = run_tests(result.unit)
    failed = [each for each in outcomes if not each.passed]
    if args.json:
        tests = [
            {
                "title": each.title,
                "passed": each.passed,
                "line": result.source.locate(each.span).line,
                "problem": each.problem,
            }
            for each in outcomes
        ]
        view = {"file": str(args.file), "contract": result.unit.name, "tests": tests}
        print(json.dumps(view, ensure_ascii=False, indent=1))
        return FAILED if failed else GOOD
    for each in outcomes:
        print(f"  {'ok  ' if each.passed else 'FAIL'}  {each.title}")
        if not each.passed:
            where = result.source.locate(each.span)
            print(f"        {args.file}:{where.line}: {each.problem}")
    passed = len(outcomes) - len(failed)
    again = f"qc contract verify {args.file}" if not failed else f"qc contract test {args.file}"
    print(f"{result.unit.name} · {passed} passed, {len(failed)} failed · next: {again}")
    return FAILED if failed else GOOD


def _fmt(args: argparse.Namespace) -> int:
    from dsl.format import format_source  # noqa: PLC0415  # as above
    from dsl.parse import parse_source  # noqa: PLC0415  # as above
    from dsl.source import make_source  # noqa: PLC0415  # as above

    exit_code = GOOD
    if args.infer:
        exit_code = verifier.run_infer(args)
        if exit_code == USAGE:
            return USAGE
    for path in args.files:
        text = read_source(path)
        if isinstance(text, int):
            return text
        spaced = text.replace("\t", "    ")
        parsed = parse_source(make_source(str(path), spaced))
        if not parsed.diagnostics and not spaced.strip():
            print(f"error[QC0018]: there is nothing in {path}", file=sys.stderr)
            exit_code = FAILED
            continue
        if parsed.diagnostics:
            _print_parse_errors(str(path), spaced)
            exit_code = FAILED
            continue
        laid_out = format_source(spaced)
        if laid_out == text:
            continue
        if args.check:
            print(f"{path} would change")
            exit_code = FAILED
        else:
            path.write_text(laid_out, encoding="utf-8")
            print(f"{path} laid out")
    return exit_code


def _print_parse_errors(name: str, text: str) -> None:
    from dsl.diagnostics import render_diagnostics  # noqa: PLC0415  # as above
    from dsl.parse import parse_source  # noqa: PLC0415  # as above
    from dsl.source import make_source  # noqa: PLC0415  # as above

    source = make_source(name, text)
    print(render_diagnostics(source, parse_source(source).diagnostics))


def _build(args: argparse.Namespace) -> int:
    result = _compile(args)
    if isinstance(result, int):
        return result
    unused = [each for each in result.diagnostics if each.code == "QC0801"]
    _print_diagnostics(result, as_json=args.json)
    if not _is_good(result) or result.unit is None:
        return FAILED
    if unused:
        print("unused code is not built: remove it", file=sys.stderr)
        return FAILED
    written = _write_build(result.unit, args.out)
    if not args.json:
        print(f"{_describe(result.unit)} · wrote {', '.join(str(each) for each in written)}")
    return GOOD


def _gas(args: argparse.Namespace) -> int:
    result = _compile(args)
    if isinstance(result, int):
        return result
    if not _is_good(result) or result.unit is None:
        _print_diagnostics(result, as_json=args.json)
        return FAILED
    unit = result.unit
    entries = [each for each in unit.checked.functions if each.kind != "function"]
    bounds = [each.gas_bound for each in unit.linked.functions]
    rows = [(each.kind, each.name, gas) for each, gas in zip(entries, bounds, strict=True)]
    if args.json:
        functions = [{"kind": kind, "name": name, "gas_max": gas} for kind, name, gas in rows]
        print(json.dumps({"contract": unit.name, "functions": functions}, indent=1))
        return GOOD
    width = max((len(name) for _, name, _ in rows), default=0)
    for kind, name, gas in sorted(rows, key=lambda row: -row[2]):
        print(f"{kind:<7} {name:<{width}} {gas:>12,}")
    print(
        f"{unit.name} · a call below its bound is refused before it runs, so none runs out of gas"
    )
    return GOOD


def _write_build(unit: "CompiledUnit", folder: Path) -> tuple[Path, ...]:
    from spec.ir.encoding import encode_module  # noqa: PLC0415  # as above

    folder.mkdir(parents=True, exist_ok=True)
    code, abi, source_map = (
        folder / f"{unit.name}{suffix}" for suffix in (".ir", ".abi.json", ".map.json")
    )
    code.write_bytes(encode_module(unit.module))
    abi.write_text(json.dumps(unit.abi, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    view = json.dumps(encode_plain(unit.source_map), ensure_ascii=False, indent=1)
    source_map.write_text(view + "\n", encoding="utf-8")
    return code, abi, source_map


def encode_plain(value: object) -> object:
    """Return the JSON view of a tree of frozen dataclasses, tuples and scalars."""
    if isinstance(value, tuple):
        return [encode_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: encode_plain(getattr(value, each.name)) for each in fields(value)}
    return value


def _new(args: argparse.Namespace) -> int:
    from dsl.scaffold import TEMPLATES, is_name, write_contract  # noqa: PLC0415  # as above

    if args.template not in TEMPLATES:
        near = find_nearest(args.template, TEMPLATES)
        helps = [f"did you mean `{near}`?"] if near else []
        known = ", ".join(TEMPLATES)
        return _report(
            AuthorError.NO_TEMPLATE,
            f"there is no template {args.template}",
            f"known: {known}",
            *helps,
        )
    if not is_name(args.name):
        return _report(AuthorError.BAD_NAME, f"`{args.name}` is no name", "letters, digits and _")
    folder = Path(args.name)
    if folder.exists():
        return _report(AuthorError.EXISTS, f"{folder} exists already", "choose another name")
    written = write_contract(folder, args.name, args.template)
    print(f"wrote {', '.join(str(each) for each in written)}")
    print(f"next: qc contract verify {written[0]}")
    return GOOD


def _explain(args: argparse.Namespace) -> int:
    from dsl.catalog import CATALOG, encode_entry, render_entry  # noqa: PLC0415  # as above

    entry = CATALOG.get(args.code.upper())
    if entry is None:
        near = find_nearest(args.code.upper(), CATALOG)
        helps = [f"did you mean `{near}`?"] if near else []
        return _report(AuthorError.NO_CODE, f"no diagnostic is called {args.code}", *helps)
    text = json.dumps(encode_entry(entry), ensure_ascii=False) if args.json else render_entry(entry)
    print(text)
    return GOOD
