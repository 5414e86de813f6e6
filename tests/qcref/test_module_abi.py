"""What is published of a contract is what its module says."""

from dsl.compile import compile_source
from qcref.module_abi import check_interface

WITH_MESSAGES = """interface Token:
    action transfer(to: address, amount: u256)

contract A:
    state:
        token: Token
        kept: map[u64, option[message[64]]]

    init(of: Token):
        token = of

    action keep(id: u64, m: message[64]) by anyone:
        kept[id] = some(m)
"""


def test_contracts_and_messages_are_published_as_the_module_has_them() -> None:
    unit = compile_source(WITH_MESSAGES, "a.qc").unit
    assert unit is not None
    assert check_interface(unit.linked, unit.code_id, unit.abi) is None
