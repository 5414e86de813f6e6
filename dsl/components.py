"""Components: state, functions and properties that a contract takes in under an alias.

`component pause: Pausable` puts the component's members into the contract, their names behind
`pause.`; only what `exports` names can be called from outside, under its plain name. Types,
constants, events and errors keep their names; two components that declare the same one share it.
The state of a component is written by its own functions alone. Its properties are stated, and
proved anew, in the contract that takes it in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dsl import ast
from dsl import ast_members as decl
from dsl.ast_rewrite import move_to, rewrite
from dsl.ast_walk import walk_syntax
from dsl.diagnostics import Diagnostic, Severity, find_nearest
from dsl.source import Span

USES_MAX = 16
"""Components of one contract."""
_NOWHERE = Span(0, 0)
_KEPT = (decl.Enum, decl.Phases, decl.Record, decl.Const, decl.Signature, decl.Interface)
"""Members that keep their names."""
ExpandRole = Callable[[decl.Role], Sequence[decl.Declaration]]
"""The members that a role brings along."""


@dataclass(slots=True)
class Expanded:
    """A contract with its components taken in."""

    contract: decl.Contract
    generated: frozenset[str]
    """Functions that roles of components brought along."""
    found: list[Diagnostic]


def expand_components(
    contract: decl.Contract, components: Mapping[str, decl.Component], expand_role: ExpandRole
) -> Expanded:
    """Return the contract with the members of its components; what is wrong is found."""
    uses = [each for each in contract.members if isinstance(each, decl.Use)]
    exports = [each for each in contract.members if isinstance(each, decl.Exports)]
    if not uses and not exports:
        return Expanded(contract, frozenset(), [])
    work = _Expansion(contract, components, expand_role)
    return work.run(uses, exports)


class _Expansion:
    """One contract with its components."""

    def __init__(
        self,
        contract: decl.Contract,
        components: Mapping[str, decl.Component],
        expand_role: ExpandRole,
    ) -> None:
        self._contract = contract
        self._components = components
        self._expand_role = expand_role
        self._found: list[Diagnostic] = []
        self._names: dict[str, dict[str, str]] = {}
        """Alias to the component's names to what they are called in the contract."""
        self._generated: set[str] = set()
        self._kept: dict[str, decl.Declaration] = {}
        """Members that keep their names, by name."""

    def _report(self, code: str, message: str, span: Span, label: str = "") -> None:
        self._found.append(Diagnostic(code, Severity.ERROR, message, span, label))

    def run(self, uses: Sequence[decl.Use], exports: Sequence[decl.Exports]) -> Expanded:
        own = [e for e in self._contract.members if not isinstance(e, decl.Use | decl.Exports)]
        self._kept = {each.name.text: each for each in own if isinstance(each, _KEPT)}
        known = self._find_uses(uses)
        exported = self._find_exports(known, exports)
        members: list[decl.Declaration] = []
        for alias, (_, component) in known.items():
            members += self._take_in(alias, component, exported.get(alias, {}))
        own = [rewrite(each, self._resolve) for each in own]
        whole = replace(self._contract, members=(*own, *members))
        return Expanded(whole, frozenset(self._generated), self._found)

    def _find_uses(self, uses: Sequence[decl.Use]) -> dict[str, tuple[decl.Use, decl.Component]]:
        known: dict[str, tuple[decl.Use, decl.Component]] = {}
        for use in uses[:USES_MAX]:
            component = self._components.get(use.component.text)
            if component is None:
                near = find_nearest(use.component.text, self._components)
                label = f"did you mean `{near}`?" if near else "import it, or declare it above"
                message = f"unknown component `{use.component.text}`"
                self._report("QC0103", message, use.component.span, label)
            elif use.name.text in known:
                self._report("QC0101", f"`{use.name.text}` is declared twice", use.name.span)
            else:
                known[use.name.text] = (use, component)
        if len(uses) > USES_MAX:
            message = f"a contract takes in at most {USES_MAX} components"
            self._report("QC0701", message, uses[USES_MAX].span)
        return known

    def _find_exports(
        self,
        known: Mapping[str, tuple[decl.Use, decl.Component]],
        exports: Sequence[decl.Exports],
    ) -> dict[str, dict[str, Span]]:
        """Return the names that each alias exports, and where."""
        exported: dict[str, dict[str, Span]] = {}
        for path in (each for line in exports for each in line.paths):
            alias, name = path[0], path[1] if len(path) > 1 else None
            if alias.text not in known:
                self._report("QC0103", f"unknown component `{alias.text}`", alias.span)
                continue
            offered = self._list_offered(known[alias.text][1])
            if name is not None and name.text not in offered:
                near = find_nearest(name.text, offered)
                label = f"did you mean `{near}`?" if near else ""
                message = f"`{alias.text}` has no action or view `{name.text}`"
                self._report("QC0453", message, name.span, label)
                continue
            chosen = offered if name is None else [name.text]
            span = alias.span if name is None else name.span
            exported.setdefault(alias.text, {}).update(dict.fromkeys(chosen, span))
        return exported

    def _list_offered(self, component: decl.Component) -> list[str]:
        members = self._expand_roles(component)
        functions = [each for each in members if isinstance(each, decl.Function)]
        return [each.name.text for each in functions if each.kind in ("action", "view")]

    def _expand_roles(self, component: decl.Component) -> list[decl.Declaration]:
        """Return a component's members with what its roles bring along."""
        members: list[decl.Declaration] = []
        for each in component.members:
            if not isinstance(each, decl.Role):
                members.append(each)
                continue
            members.append(replace(each, bare=True))
            members += self._expand_role(each)
        return members

    # Taking in

    def _take_in(
        self, alias: str, component: decl.Component, exported: Mapping[str, Span]
    ) -> list[decl.Declaration]:
        members = self._expand_roles(component)
        written = {e.name.text for e in component.members if isinstance(e, decl.Function)}
        names = self._names[alias] = _name_members(alias, members, exported)
        out: list[decl.Declaration] = []
        for each in members:
            made = self._take_member(alias, each, exported)
            if made is None:
                continue
            if isinstance(made, decl.Function) and made.name.text not in written:
                self._generated.add(names.get(made.name.text, made.name.text))
            out.append(rewrite(made, _make_renaming(names)))
        return [_name_function(each, alias, names) for each in out]

    def _take_member(
        self, alias: str, member: decl.Declaration, exported: Mapping[str, Span]
    ) -> decl.Declaration | None:
        """Return a member as the contract takes it in, None if it leaves it out."""
        match member:
            case decl.Test() | ast.Skipped():
                return None
            case decl.Use() | decl.Exports():
                self._report("QC0457", "a component takes in no component", member.span)
                return None
            case decl.Function(kind="init"):
                label = "write a `function` that the contract's `init` calls"
                self._report("QC0457", "a component has no `init`", member.header, label)
                return None
            case decl.Function(kind="action" | "view") if member.name.text not in exported:
                is_plain = not any(isinstance(each, ast.Clause) for each in member.lines)
                is_internal = member.kind == "view" and is_plain
                return replace(member, kind="function") if is_internal else None
            case decl.Plan(label=label) | decl.Property(label=label):
                if isinstance(member, decl.Plan) and self._is_about_left_out(alias, member):
                    return None
                name = "" if label is None else f"{alias}.{label.text}"
                named = None if label is None else replace(label, text=name)
                return replace(member, label=named)
            case _ if isinstance(member, _KEPT):
                return self._keep(member)
            case _:
                return member

    def _is_about_left_out(self, alias: str, plan: decl.Plan) -> bool:
        """Whether a plan makes a call that the contract does not export."""
        component = self._names[alias]
        calls = [
            each for each in walk_syntax((plan.left, plan.right)) if isinstance(each, ast.Call)
        ]
        named = [each.callee.text for each in calls if isinstance(each.callee, ast.Name)]
        return any(component.get(name, name) != name for name in named)

    def _keep(self, member: decl.Declaration) -> decl.Declaration | None:
        """Return a member that keeps its name unless an equal one is there already."""
        assert isinstance(member, _KEPT), "the caller asked"
        name = member.name.text
        other = self._kept.get(name)
        if other is None:
            self._kept[name] = member
            return member
        if move_to(other, _NOWHERE) != move_to(member, _NOWHERE):
            message = f"`{name}` is declared in two ways"
            label = "a component and its contract share what has one name"
            self._report("QC0456", message, member.name.span, label)
        return None

    # The contract's own members

    def _resolve(self, node: object) -> object | None:
        """Return what `alias.name` stands for in the contract."""
        match node:
            case ast.Member(span, ast.Name(text=alias), name) if alias in self._names:
                known = self._names[alias]
                return ast.Name(span, known.get(name.text, f"{alias}.{name.text}"))
            case decl.By(name=ast.Identifier(span, text)) if "." in text:
                alias, _, inner = text.partition(".")
                known = self._names.get(alias, {})
                return replace(node, name=ast.Identifier(span, known.get(inner, text)))
            case _:
                return None


def _name_members(
    alias: str, members: Sequence[decl.Declaration], exported: Mapping[str, Span]
) -> dict[str, str]:
    """Return what state and functions of a component are called in the contract."""
    names: dict[str, str] = {}
    for each in members:
        match each:
            case decl.State(fields=fields):
                names |= {field.name.text: f"{alias}.{field.name.text}" for field in fields}
            case decl.Role(name=name, many=many):
                names[name.text] = f"{alias}.{name.text}"
                if not many:
                    names[f"{name.text}_offer"] = f"{alias}.{name.text}_offer"
            case decl.Function(name=name):
                plain = name.text in exported
                names[name.text] = name.text if plain else f"{alias}.{name.text}"
            case _:
                pass
    return names


def _make_renaming(names: Mapping[str, str]) -> Callable[[object], object | None]:
    def change(node: object) -> object | None:
        match node:
            case ast.Name(span, text) if text in names:
                return ast.Name(span, names[text])
            case decl.By(name=ast.Identifier(span, text)) if text in names:
                return replace(node, name=ast.Identifier(span, names[text]))
            case ast.ActionIn(names=actions):
                kept = tuple(each for each in actions if names.get(each.text) == each.text)
                return replace(node, names=kept) if kept else ast.Boolean(node.span, value=False)
            case _:
                return None

    return change


def _name_function(
    member: decl.Declaration, alias: str, names: Mapping[str, str]
) -> decl.Declaration:
    """Return a taken-in member under its name in the contract, told whose it is."""

    def rename(name: ast.Identifier) -> ast.Identifier:
        return replace(name, text=names.get(name.text, name.text))

    match member:
        case decl.Function():
            return replace(member, name=rename(member.name), component=alias)
        case decl.Role():
            return replace(member, name=rename(member.name))
        case decl.State(fields=fields):
            renamed = tuple(replace(each, name=rename(each.name)) for each in fields)
            return replace(member, fields=renamed)
        case _:
            return member
