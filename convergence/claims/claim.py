"""A claim: what a paper states, where, about which method, problem or sequence, under which hypotheses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.claims.hypotheses import Hypothesis
from convergence.claims.statements import Holds, Statement
from convergence.errors import ClaimError, nearest
from convergence.expressions import Domain, has_vectors
from convergence.methods.rule import Rule
from convergence.problems.objective import Objective
from convergence.verdicts import Verdict

AS_PRINTED = "as printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A symbol of a claim: its domain, the range that searches may draw from, and what it means."""

    symbol: Symbol
    domain: Domain = Domain.REAL
    range: tuple[Rational, Rational] | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recursion:
    """``a[k+1] <= ...`` for all k >= `first`: the subject of a claim about every sequence that satisfies it.

    Attributes:
        relation: an inequality or equation whose left side is the sequence at ``k + 1``.
        name: the sequence's name.
        index: the symbol k.
        first: the k from which it holds.
    """

    relation: Relational
    name: str
    index: Symbol
    first: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Explicit:
    """A sequence given by an expression in the counter k or T; sums and products are allowed."""

    expression: Expr


Subject = Rule | Recursion | Explicit | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Claim:
    """One reading of one statement of a paper.

    Attributes:
        id: unique in its paper; no verdict may depend on it.
        statement: what is claimed.
        subject: the method, recursion or explicit sequence that it is about; None for numbers or a problem alone.
        problem: the concrete objective, if there is one; otherwise the claim is about a class of functions.
        measure: what the statement bounds; a key of `MEASURES`.
        given: hypotheses, by name or as relations between symbols.
        symbols: every symbol that the claim uses, by name.
        where, says: the place in the paper, and the statement in our words.
        reading: ``as printed``, ``as intended``, ...
        versus: the other place of the same paper that states what this claim is compared with, or nothing.
        expects: the verdict that the claim's authors expect today, or None.
        needs: what would decide it, where no check here can.
        proof: ids of the claims that are the steps of its proof, in order; of the first reading only.
        others: further readings of the same statement.
    """

    id: str
    statement: Statement
    subject: Subject = None
    problem: Objective | None = None
    measure: str | None = None
    given: tuple[Hypothesis | Relational, ...] = ()
    symbols: Mapping[str, Declared] = field(default_factory=dict)
    where: str = ""
    says: str = ""
    reading: str = AS_PRINTED
    versus: str = ""
    expects: Verdict | None = None
    needs: str = ""
    proof: tuple[str, ...] = ()
    others: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbols", MappingProxyType(dict(self.symbols)))

    @property
    def readings(self) -> tuple[Claim, ...]:
        """Every reading, this one first; its verdict is the claim's."""
        return (self, *self.others)

    @property
    def method(self) -> Rule | None:
        """The update rule, if the claim is about one."""
        return self.subject if isinstance(self.subject, Rule) else None

    def hypothesis(self, name: str) -> Hypothesis | None:
        """The hypothesis of that name, or None."""
        return next((h for h in self.given if isinstance(h, Hypothesis) and h.name == name), None)

    def constant(self, name: str) -> Expr | None:
        """The first argument of a hypothesis, or None if it is not assumed."""
        hypothesis = self.hypothesis(name)
        return hypothesis.arguments[0] if hypothesis and hypothesis.arguments else None

    @property
    def relations(self) -> tuple[Relational, ...]:
        """The hypotheses that are relations between symbols."""
        return tuple(h for h in self.given if isinstance(h, Relational))

    @property
    def has_vectors(self) -> bool:
        """Whether it is a relation between inner products, norms, gradients and function values."""
        stated = self.statement.relations if isinstance(self.statement, Holds) else ()
        return any(has_vectors(relation) for relation in (*self.relations, *stated))

    def expecting(self, verdict: Verdict | str) -> Claim:
        """The same claim with the verdict that is expected of it."""
        return replace(self, expects=Verdict(verdict))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Claims of one source, in order.

    Raises:
        ClaimError: if two claims share an id.
    """

    title: str
    claims: tuple[Claim, ...]
    source: str = ""
    path: str = ""

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for claim in self.claims:
            if claim.id in seen:
                raise ClaimError(f"{self.path or self.title}: two claims have the id {claim.id!r}; ids must be unique")
            seen.add(claim.id)

    def __getitem__(self, identifier: str) -> Claim:
        for claim in self.claims:
            if claim.id == identifier:
                return claim
        raise ClaimError(f"{self.title}: no claim {identifier!r}{nearest(identifier, [c.id for c in self.claims])}")

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)
