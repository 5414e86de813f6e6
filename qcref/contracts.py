"""Contracts as people see them: an address, a module, and what was published about it.

What is published is kept beside the chain and checked against the module when it comes in and when
it is read: going back to a snapshot may put another contract at an address, or none.
"""

import json
from dataclasses import dataclass

from qcref import module_abi
from qcref.abi import Json
from qcref.accounts import get_account_name, get_named_account
from qcref.devnet import Devnet
from qcref.module_abi import InterfaceMismatch
from spec.crypto.address import decode_address_text, is_address, render_address
from spec.ir.linked import LinkedModule
from spec.lib.result import Err

HEX_ADDRESS_LENGTH = 66
"""0x and 64 digits."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What somebody told about a contract."""

    interface: dict[str, Json]
    """Names and types; held against the module."""
    source: str | None
    verification: dict[str, Json] | None
    """The verifier's report, as it was handed in: the node does not prove anything."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract."""

    address: bytes
    code_id: bytes
    linked: LinkedModule
    name: str | None
    """None if nothing is published."""
    publication: Publication | None
    interface: dict[str, Json]
    """As published, or of the module alone with numbers for names."""


class Directory:
    """Finds contracts and addresses by what people call them."""

    def __init__(self, devnet: Devnet, network: tuple[Devnet, ...] = ()) -> None:
        """Looks things up for a node.

        Args:
            devnet: the node.
            network: all nodes of the process, if there are several: what was published at any of
                them is read at each.
        """
        self._devnet = devnet
        self._stores = tuple(
            each.runtime.store for each in (devnet, *(e for e in network if e is not devnet))
        )
        self._prefix = devnet.genesis.config.hrp.decode("ascii")

    # Addresses

    def resolve(self, text: str) -> bytes | None:
        """The address that a text means: an account's name, a contract's, bech32m, or hex.

        A contract's name means the one published last.
        """
        account = get_named_account(text)
        if account is not None:
            return account.address
        by_name = [address for address, name in self.list_published() if name == text]
        if by_name:
            return by_name[-1]
        decoded = decode_address_text(self._prefix, text)
        if not isinstance(decoded, Err):
            return decoded.value
        return _decode_hex_address(text)

    def render(self, address: bytes) -> str:
        """What people call an address."""
        name = get_account_name(address)
        if name is not None:
            return name
        known = dict(self.list_published()).get(address)
        if known is not None and self.resolve(known) == address:
            return known
        return self.render_text(address)

    def render_text(self, address: bytes) -> str:
        """The bech32m text of an address; the unset one, which is none, as hex."""
        if not is_address(address):
            return "0x" + address.hex()
        return render_address(self._prefix, address)

    # Contracts

    def list_published(self) -> tuple[tuple[bytes, str], ...]:
        """(address, name) of every contract of which something is published, oldest first."""
        names: dict[bytes, str] = {}
        for store in reversed(self._stores):
            names.update(store.list_interfaces())
        return tuple(names.items())

    def get(self, address: bytes) -> Contract | None:
        """The contract at an address."""
        linked = self._devnet.get_linked(address)
        if linked is None:
            return None
        code_id = self._devnet.get_account(address).code_id
        published = self._read(address, code_id)
        if published is None:
            interface = module_abi.compute_interface(linked, code_id)
            return Contract(address, code_id, linked, None, None, interface)
        name, publication = published
        return Contract(address, code_id, linked, name, publication, publication.interface)

    def publish(self, contract: Contract, publication: Publication) -> InterfaceMismatch | None:
        """Keeps what is told about a contract, if its interface is the module's."""
        code_id = contract.code_id
        failure = module_abi.check_interface(contract.linked, code_id, publication.interface)
        if failure is not None:
            return failure
        verified = publication.verification
        if verified is not None and verified.get("code_id") != "0x" + code_id.hex():
            return InterfaceMismatch("verification.code_id", "0x" + code_id.hex())
        document = {
            "interface": publication.interface,
            "source": publication.source,
            "verification": verified,
        }
        name = str(publication.interface["contract"])
        text = json.dumps(document, separators=(",", ":"))
        self._devnet.runtime.store.set_interface(contract.address, name, text)
        return None

    def prune(self) -> None:
        """Forgets what was published about contracts that a return to the past has undone."""
        for address, _ in self.list_published():
            if self._read(address, self._devnet.get_account(address).code_id) is None:
                self._devnet.runtime.store.delete_interface(address)

    def _read(self, address: bytes, code_id: bytes) -> tuple[str, Publication] | None:
        found = (store.get_interface(address) for store in self._stores)
        stored = next((each for each in found if each is not None), None)
        if stored is None:
            return None
        name, text = stored
        document = json.loads(text)
        publication = Publication(
            document["interface"], document["source"], document["verification"]
        )
        is_current = publication.interface["code_id"] == "0x" + code_id.hex()
        return (name, publication) if is_current else None


def _decode_hex_address(text: str) -> bytes | None:
    digits = text[2:]
    if len(text) != HEX_ADDRESS_LENGTH or not text.startswith("0x"):
        return None
    if any(digit not in "0123456789abcdef" for digit in digits):
        return None
    address = bytes.fromhex(digits)
    return address if is_address(address) else None
