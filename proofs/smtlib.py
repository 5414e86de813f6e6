"""Terms as SMT-LIB 2: the one form in which a goal leaves this process.

The text is self-contained: the child process, an exported file and another solver read the same.
"""

from collections.abc import Sequence

from proofs.logic import BOOL, INT, Sort, Term, collect

LOGIC = "ALL"


def _write(term: Term, texts: dict[int, str]) -> str:
    args = [texts[id(arg)] for arg in term.args]
    match term.op:
        case "number":
            return str(term.number) if term.number >= 0 else f"(- {-term.number})"
        case "true" | "false":
            return term.op
        case "variable" | "apply":
            assert term.symbol is not None, "an application has a symbol"
            name = term.symbol.name
            return f"({name} {' '.join(args)})" if args else name
        case "forall":
            bound = " ".join(f"({texts[id(v)]} {v.sort.name})" for v in term.args[:-1])
            return f"(forall ({bound}) {args[-1]})"
        case _:
            return f"({term.op} {' '.join(args)})"


def render_query(assertions: Sequence[Term]) -> str:
    """The question whether all assertions can hold together, without (check-sat).

    Declarations are sorted by name, so that equal questions have equal texts.
    """
    texts: dict[int, str] = {}
    sorts: dict[str, Sort] = {}
    functions: dict[str, str] = {}
    for assertion in assertions:
        for term in collect(assertion):
            texts[id(term)] = _write(term, texts)
            if term.symbol is None:
                continue
            for sort in (*term.symbol.domain, term.symbol.sort):
                sorts[sort.name] = sort
            if term.op == "apply":
                domain = " ".join(sort.name for sort in term.symbol.domain)
                line = f"(declare-fun {term.symbol.name} ({domain}) {term.symbol.sort.name})"
                known = functions.setdefault(term.symbol.name, line)
                assert known == line, f"{term.symbol.name} is declared twice"
    lines = [f"(set-logic {LOGIC})"]
    lines += [f"(declare-sort {n} 0)" for n, s in sorted(sorts.items()) if s not in (INT, BOOL)]
    lines += [functions[name] for name in sorted(functions)]
    lines += [f"(assert {texts[id(assertion)]})" for assertion in assertions]
    return "\n".join(lines) + "\n"
