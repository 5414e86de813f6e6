"""Small damages to bytes, views and modules."""

from dataclasses import fields, replace
from enum import IntEnum
from random import Random

from spec.ir.syntax import Code, Function, Module, Node

NUMBERS = (-1, 0, 1, 2, 3, 7, 16, 255, 0xFFFF, 1 << 40)


def mutate_bytes(rng: Random, data: bytes) -> bytes:
    """Flips, drops, doubles or appends bytes."""
    position = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            changed = bytes([data[position] ^ (1 << rng.randrange(8))])
            return data[:position] + changed + data[position + 1 :]
        case 1:
            return data[:position]
        case 2:
            return data[:position] + data[position + 1 :]
        case 3:
            return data[:position] + data[position : position + 4] + data[position:]
        case _:
            return data + rng.randbytes(rng.randrange(1, 5))


def mutate_json(rng: Random, view: object) -> None:
    """Changes one leaf, in place."""
    while isinstance(view, list | dict) and view:
        key = rng.choice(list(view) if isinstance(view, dict) else range(len(view)))
        inner = view[key]
        if isinstance(inner, list | dict) and inner:
            view = inner
            continue
        leaf: object = rng.choice(
            (None, -1, 0, 1, 1 << 40, "", "0x", "0xAB", "07", True, 1.5, [], {})
        )
        if isinstance(view, dict) and rng.random() < 0.2:
            view[rng.choice(("extra", 5))] = leaf
        else:
            view[key] = leaf
        return


def mutate_number(rng: Random, number: int, near: int) -> int:
    return rng.choice((number + 1, number - 1, rng.choice(NUMBERS), rng.randrange(near + 1)))


def change(node: Node, name: str, value: object) -> Node:
    return replace(node, **{name: value})  # type: ignore[arg-type]  # of the field's type, or nearly


def mutate_node(rng: Random, node: Node, near: int) -> Node:
    """One number of the node changed, or one entry of a tuple dropped, doubled or changed."""
    names = [field.name for field in fields(node)]
    if not names:
        return node
    name = rng.choice(names)
    old = getattr(node, name)
    if isinstance(old, tuple):
        entries = list(old)
        choice = rng.randrange(3)
        if choice == 0 or not entries:
            entries.append(rng.randrange(near + 1))
        elif choice == 1:
            entries.pop(rng.randrange(len(entries)))
        else:
            position = rng.randrange(len(entries))
            entries[position] = mutate_number(rng, entries[position], near)
        return change(node, name, tuple(entries))
    if isinstance(old, IntEnum):  # it stays one: any other value has no Python form
        return change(node, name, rng.choice(list(type(old))))
    return change(node, name, mutate_number(rng, old, near))


def mutate_code(rng: Random, code: Code) -> Code:
    """A node changed, dropped, doubled, or two swapped."""
    nodes = list(code)
    position = rng.randrange(len(nodes))
    match rng.randrange(6):
        case 0:
            nodes.pop(position)
        case 1:
            nodes.insert(position, rng.choice(nodes))
        case 2:
            other = rng.randrange(len(nodes))
            nodes[position], nodes[other] = nodes[other], nodes[position]
        case _:
            nodes[position] = mutate_node(rng, nodes[position], position)
    return tuple(nodes)


def mutate_function(rng: Random, function: Function) -> Function:
    if rng.random() < 0.1:
        count = mutate_number(rng, function.guard_count, len(function.code))
        return replace(function, guard_count=count)
    return replace(function, code=mutate_code(rng, function.code))


def mutate_module(rng: Random, module: Module) -> Module:
    """One function, or one property, damaged."""
    functions = list(module.code.functions)
    if module.spec.invariants and rng.random() < 0.2:
        invariants = list(module.spec.invariants)
        position = rng.randrange(len(invariants))
        code = mutate_code(rng, invariants[position].code)
        invariants[position] = replace(invariants[position], code=code)
        return replace(module, spec=replace(module.spec, invariants=tuple(invariants)))
    position = rng.randrange(len(functions))
    functions[position] = mutate_function(rng, functions[position])
    return replace(module, code=replace(module.code, functions=tuple(functions)))
