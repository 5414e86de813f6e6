"""Each rule of purity.py finds a breach, and leaves honest code alone."""

import ast

import pytest

from tests.repo import purity

BREACHES = [
    (purity.find_floats, "x = 0.5"),
    (purity.find_floats, "x = a / b"),
    (purity.find_floats, "a /= b"),
    (purity.find_floats, "x = math.log2(n)"),
    (purity.find_forbidden_calls, "x = hash(key)"),
    (purity.find_forbidden_calls, "x = float(n)"),
    (purity.find_forbidden_calls, "object.__setattr__(self, 'x', 1)"),
    (purity.find_exceptions, "raise ValueError('bad input')"),
    (purity.find_exceptions, "try:\n    f()\nexcept AssertionError:\n    pass"),
    (purity.find_exceptions, "try:\n    f()\nexcept:\n    pass"),
    (purity.find_exceptions, "try:\n    f()\nexcept (KeyError, Exception):\n    pass"),
    (purity.find_set_iteration, "for x in {1, 2}: pass"),
    (purity.find_set_iteration, "y = [x for x in set(z)]"),
    (purity.find_set_iteration, "def f(xs: frozenset[int]):\n    return tuple(xs)"),
    (purity.find_set_iteration, "def f():\n    seen = set()\n    for x in seen: pass"),
    (purity.find_set_iteration, "seen: set[int] = g()\nfor x in seen: pass"),
    (purity.find_set_iteration, "for k in a.keys() | b.keys(): pass"),
    (purity.find_set_iteration, "y = [*{1, 2}]"),
    (purity.find_set_iteration, "y = ','.join({'a', 'b'})"),
    (purity.find_module_state, "def f():\n    global x\n    x = 1"),
    (purity.find_module_state, "@lru_cache(maxsize=9)\ndef f(): pass"),
    (purity.find_module_state, "SEEN = {}\ndef f(k):\n    SEEN[k] = 1"),
    (purity.find_module_state, "SEEN: list[int] = []\ndef f(k):\n    SEEN.append(k)"),
    (purity.find_defaults, "def f(x, y=1): pass"),
    (purity.find_defaults, "def f(*, y=None): pass"),
    (purity.find_defaults, "@dataclass(frozen=True, slots=True)\nclass A:\n    x: int = 0"),
    (purity.find_thawed_classes, "@dataclass(frozen=True)\nclass A:\n    x: int"),
    (purity.find_thawed_classes, "@dataclass(slots=True)\nclass A:\n    x: int"),
    (purity.find_thawed_classes, "class A(NamedTuple):\n    x: int"),
    (
        purity.find_bad_codes,
        "class A:\n    code: ClassVar[str] = 'tx.Bad'\n    def message(self): 0",
    ),
    (purity.find_bad_codes, "class A:\n    code: ClassVar[str] = 'tx.bad'"),
    (purity.find_forbidden_imports, "import time"),
    (purity.find_forbidden_imports, "from os import path"),
    (purity.find_forbidden_imports, "def f():\n    import random"),
    (purity.find_forbidden_imports, "from dsl.parse import parse"),
]

HONEST = [
    (purity.find_floats, "x = a // b + math.isqrt(c) + 5"),
    (purity.find_forbidden_calls, "x = sha256(key)"),
    (purity.find_exceptions, "raise AssertionError('impossible')"),
    (purity.find_exceptions, "try:\n    f()\nexcept UnicodeDecodeError:\n    pass"),
    (purity.find_set_iteration, "for x in sorted({1, 2}): pass"),
    (purity.find_set_iteration, "def f(xs: frozenset[int]):\n    return 1 in xs"),
    (purity.find_set_iteration, "def f(xs: set[int]): pass\ndef g(xs: list[int]):\n    list(xs)"),
    (purity.find_module_state, "TABLE = {}\ndef f(k):\n    return TABLE.get(k)"),
    (purity.find_module_state, "xs = ()\ndef f():\n    xs = []\n    xs.append(1)"),
    (purity.find_defaults, "def f(x, y): pass"),
    (purity.find_defaults, "@dataclass(frozen=True)\nclass A:\n    code: ClassVar[str] = 'a.b'"),
    (purity.find_defaults, "@dataclass(slots=True)\nclass _Frame:\n    at: int = 0"),
    (purity.find_thawed_classes, "@dataclass(frozen=True, slots=True)\nclass A:\n    x: int"),
    (purity.find_thawed_classes, "@dataclass(slots=True)\nclass _Frame:\n    x: int"),
    (purity.find_thawed_classes, "@dataclass(slots=True)\nclass A:\n    'Working state of f.'"),
    (purity.find_bad_codes, "class A:\n    code: ClassVar[str] = 'a.b'\n    def message(self): 0"),
    (purity.find_forbidden_imports, "import hashlib\nfrom spec.lib.result import Ok"),
]


@pytest.mark.parametrize(("rule", "source"), BREACHES)
def test_a_breach_is_found(rule: purity.Rule, source: str) -> None:
    assert list(rule(ast.parse(source)))


@pytest.mark.parametrize(("rule", "source"), HONEST)
def test_honest_code_is_left_alone(rule: purity.Rule, source: str) -> None:
    assert list(rule(ast.parse(source))) == []


def test_every_rule_is_shown_a_breach_and_honest_code() -> None:
    rules = {*purity.RULES, purity.find_forbidden_imports}
    assert {rule for rule, _ in BREACHES} == rules
    assert {rule for rule, _ in HONEST} == rules


@pytest.mark.parametrize(
    "source",
    [
        "from spec.ledger.types import Account",
        "from spec import chain",
        "import spec.consensus.quorum as quorum",
    ],
)
def test_a_chapter_may_not_import_a_later_one(source: str) -> None:
    assert list(purity.find_later_chapters("ir", ast.parse(source)))


@pytest.mark.parametrize("source", ["from spec.lib.result import Ok", "from spec.ir import gas"])
def test_a_chapter_may_import_itself_and_earlier_ones(source: str) -> None:
    assert list(purity.find_later_chapters("ir", ast.parse(source))) == []
