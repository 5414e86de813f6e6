"""Every rule of `validate` refuses the module that breaks it, and no other rule comes first."""

from itertools import pairwise

import pytest

from spec.ir.errors import IrRule
from spec.ir.validate import validate
from tests.spec.ir.cases_code import CODE_CASES
from tests.spec.ir.cases_tables import TABLE_CASES

CASES = TABLE_CASES | CODE_CASES


@pytest.mark.parametrize("rule", list(IrRule), ids=lambda rule: rule.code)
def test_every_rule_refuses_what_breaks_it(rule: IrRule) -> None:
    cases = CASES.get(rule, ())
    assert cases, "a rule without a case is not known to be enforced"
    for number, module in enumerate(cases):
        error = validate(module)
        assert error is not None, f"case {number} is accepted"
        assert error.rule is rule, f"case {number}: {error.message}"
        assert error.code == rule.code
        assert rule.text in error.message


def test_codes_are_unique_and_named_after_their_rule() -> None:
    codes = [rule.code for rule in IrRule]
    assert len(set(codes)) == len(codes)
    assert all(rule.code == f"ir.{rule.name.lower()}" for rule in IrRule)
    assert all(a.text != b.text for a, b in pairwise(IrRule))
