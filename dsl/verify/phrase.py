"""Expressions as an author would write them, put together from parts.

A phrase is text with the strength of its outermost operator and, of a number, its bounds. What
can't be said in a clause carries the reason instead, and so does all that is made of it.
"""

from dataclasses import dataclass, replace

LENGTH_MAX = 240
"""Characters of a phrase; nobody reads a longer condition."""
CHOICE, OR, AND, NOT, COMPARE, SUM, PRODUCT, ATOM = range(8)
"""Strengths of operators, the weakest first."""
Bounds = tuple[int, int] | None
"""The least and the greatest value of a number, None if unknown."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """An expression of the surface language."""

    text: str
    strength: int = ATOM
    bounds: Bounds = None
    parts: tuple["Phrase", ...] = ()
    """The fields of a record that was just made."""
    operands: tuple["Phrase", ...] = ()
    """Of a difference: from what is subtracted, and what; of a negation: what is negated."""
    why_not: str = ""
    """Why it can't be said; empty if it can."""


TRUE, FALSE = Phrase("true"), Phrase("false")


def make_unsayable(reason: str) -> Phrase:
    """What can't be said, and why."""
    return Phrase("", why_not=reason)


def wrap(phrase: Phrase, strength: int) -> str:
    """The text where at least this strength is needed."""
    return phrase.text if phrase.strength >= strength else f"({phrase.text})"


def finish(phrase: Phrase, *operands: Phrase) -> Phrase:
    """A phrase, unless it is too long or an operand can't be said."""
    for each in operands:
        if each.why_not:
            return each
    if len(phrase.text) > LENGTH_MAX:
        return make_unsayable("the condition would be too long to read")
    return phrase


def join(operator: str, strength: int, left: Phrase, right: Phrase) -> Phrase:
    """`left operator right`; operators of one strength bind from the left."""
    text = f"{wrap(left, strength)} {operator} {wrap(right, strength + 1)}"
    return finish(Phrase(text, strength), left, right)


def compare(operator: str, left: Phrase, right: Phrase) -> Phrase:
    """A comparison; comparisons don't chain."""
    text = f"{wrap(left, SUM)} {operator} {wrap(right, SUM)}"
    return finish(Phrase(text, COMPARE), left, right)


def make_call(name: str, *args: Phrase) -> Phrase:
    """`name(args)`."""
    return finish(Phrase(f"{name}({', '.join(each.text for each in args)})"), *args)


_OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def negate(phrase: Phrase) -> Phrase:
    """`not phrase`, said positively where it is a plain comparison."""
    if phrase in (TRUE, FALSE):
        return FALSE if phrase == TRUE else TRUE
    words = phrase.text.split(" ")
    signs = [word for word in words if word in _OPPOSITES]
    if phrase.strength == COMPARE and len(signs) == 1 and "if" not in words:
        turned = [_OPPOSITES.get(word, word) for word in words]
        return replace(phrase, text=" ".join(turned))
    if phrase.strength == NOT:
        return phrase.operands[0]
    return finish(Phrase(f"not {wrap(phrase, ATOM)}", NOT, operands=(phrase,)), phrase)


def conjoin(*phrases: Phrase) -> Phrase:
    """All of them."""
    return _chain("and", AND, phrases, TRUE, FALSE)


def disjoin(*phrases: Phrase) -> Phrase:
    """One of them."""
    return _chain("or", OR, phrases, FALSE, TRUE)


def _chain(
    word: str, strength: int, phrases: tuple[Phrase, ...], neutral: Phrase, whole: Phrase
) -> Phrase:
    kept = list(dict.fromkeys(each for each in phrases if each != neutral))
    if whole in kept:
        return whole
    if len(kept) <= 1:
        return kept[0] if kept else neutral
    text = f" {word} ".join(wrap(each, strength) for each in kept)
    return finish(Phrase(text, strength), *kept)


def choose(condition: Phrase, yes: Phrase, no: Phrase) -> Phrase:
    """`yes if condition else no`."""
    if condition == TRUE or yes.text == no.text:
        return yes
    if condition == FALSE:
        return no
    text = f"{wrap(yes, OR)} if {wrap(condition, OR)} else {no.text}"
    return finish(Phrase(text, CHOICE, hull(yes.bounds, no.bounds)), condition, yes, no)


def hull(first: Bounds, second: Bounds) -> Bounds:
    """Bounds of what is one or the other."""
    if first is None or second is None:
        return None
    return min(first[0], second[0]), max(first[1], second[1])


def add(left: Phrase, right: Phrase) -> Phrase:
    """A sum, exact."""
    made = join("+", SUM, left, right)
    if left.bounds is None or right.bounds is None:
        return made
    low, high = left.bounds[0] + right.bounds[0], left.bounds[1] + right.bounds[1]
    return replace(made, bounds=(low, high))


def subtract(left: Phrase, right: Phrase) -> Phrase:
    """A difference, exact."""
    made = replace(join("-", SUM, left, right), operands=(left, right))
    if left.bounds is None or right.bounds is None:
        return made
    low, high = left.bounds[0] - right.bounds[1], left.bounds[1] - right.bounds[0]
    return replace(made, bounds=(low, high))


def multiply(left: Phrase, right: Phrase) -> Phrase:
    """A product, exact."""
    made = join("*", PRODUCT, left, right)
    if left.bounds is None or right.bounds is None:
        return made
    corners = [a * b for a in left.bounds for b in right.bounds]
    return replace(made, bounds=(min(corners), max(corners)))


def is_outside(value: Phrase, bits: int) -> tuple[Phrase, str]:
    """That a number is none of an unsigned width, and what that is called."""
    most = (1 << bits) - 1
    low, high = value.bounds or (-1, most + 1)
    over = compare(">", value, Phrase(f"u{bits}.max")) if high > most else FALSE
    under = FALSE
    if low < 0:
        under = compare("<", value, Phrase("0"))
        if value.operands:
            under = compare(">", value.operands[1], value.operands[0])
    name = "Overflow" if under == FALSE else "Underflow" if over == FALSE else "OutOfRange"
    return disjoin(under, over), name
