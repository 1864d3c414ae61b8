"""Claims as plain data: the schema of claim files, and the way from data to claims and back.

A document is what a TOML file or a JSON report holds: tables, lists, texts and numbers. Python authors use the same
keys, with SymPy expressions and rules wherever a file has text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema
from sympy import Expr

from convergence.claims.claim import AS_PRINTED
from convergence.errors import ClaimError, nearest
from convergence.expressions import Domain
from convergence.methods.rule import Rule
from convergence.problems.objective import Objective
from convergence.verdicts import Verdict

Text = str | int | float | SkipJsonSchema[Expr]
"""An expression: text or a number in a file, or a SymPy object in Python."""

Start = list[Text] | str


class DocumentError(ClaimError):
    """A document is not valid; `path` leads to the key at fault."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


@contextmanager
def at(*path: str | int) -> Iterator[None]:
    """Add a place to every `ClaimError` raised inside."""
    try:
        yield
    except DocumentError as error:
        raise DocumentError((*path, *error.path), str(error)) from None
    except ClaimError as error:
        raise DocumentError(path, str(error)) from None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SymbolTable(_Table):
    """A symbol: its domain, and the range that searches draw from. A bare text is short for the domain."""

    domain: Domain = Domain.REAL
    range: tuple[Text, Text] | None = None
    meaning: str = ""


class MethodTable(_Table):
    """An update rule for one coordinate; `base` names a builtin method whose parameters are overridden."""

    base: str | None = None
    parameters: dict[str, Text] = Field(default_factory=dict)
    state: dict[str, Text] = Field(default_factory=dict)
    update: dict[str, Text] = Field(default_factory=dict)
    step: Text | None = None
    query: Text = "theta"
    output: Text = "theta"


class ProblemTable(_Table):
    """A concrete objective; variables default to its undeclared names, in order of first appearance."""

    objective: Text
    variables: list[str] | None = None
    start: list[Text] | None = None


class BehaviourTable(_Table):
    """What iterates do; `step` is a number or relations such as ``"eta > 1/3"``."""

    step: Text
    is_: str | list[str] = Field(alias="is")
    start: Start | None = None


class ContractionTable(_Table):
    """The asymptotic factor per iteration at a constant step."""

    step: Text
    factor: Text


class FasterTable(_Table):
    """Every step in `step` contracts faster than every step in `than`."""

    step: Text
    than: Text
    start: Start | None = None


class FastestTable(_Table):
    """Of the steps in `among`, `step` contracts fastest."""

    step: Text
    among: list[Text]
    start: Start | None = None


class IterationsTable(_Table):
    """How many iterations bring the distance down to `ratio` times its initial value."""

    step: Text
    ratio: Text
    at_least: int | None = None
    at_most: int | None = None
    start: Start | None = None


class ArithmeticTable(_Table):
    """A computation with printed numbers; names in `inputs` stand for printed numbers, literals are exact."""

    computed: Text | list[Text]
    printed: str | int | float
    inputs: dict[str, str | int | float] = Field(default_factory=dict)


class ComparisonTable(_Table):
    """A relation between printed numbers."""

    relation: str
    inputs: dict[str, str | int | float] = Field(default_factory=dict)


class RunsTable(_Table):
    """A comparison over a table of runs; `relation` is linear in `first` and `second`, such as ``first < second``."""

    runs: str
    first: dict[str, str | int | float]
    second: dict[str, str | int | float] | None = None
    measure: str
    pairs: str | None = None
    relation: str
    of: str = "mean"
    take: str = "only"
    until: str | None = None
    scale: str = ""
    needs: str = ""


class ReadingTable(_Table):
    """What a reading may state anew; everything else is inherited from the claim."""

    reading: str = AS_PRINTED
    says: str | None = None
    where: str | None = None
    given: list[Any] | None = None
    method: str | MethodTable | SkipJsonSchema[Rule] | None = None
    parameters: dict[str, Text] | None = None
    problem: str | ProblemTable | SkipJsonSchema[Objective] | None = None
    measure: str | None = None
    recursion: str | None = None
    sequence: Text | None = None
    # statements: exactly one
    rate: Text | None = None
    same_order: Text | None = None
    bound: Text | None = None
    limit: Text | None = None
    gradient: list[Text] | None = None
    hessian: list[list[Text]] | None = None
    eigenvalues: list[Text] | None = None
    condition_number: Text | None = None
    determinant: Text | None = None
    trace: Text | None = None
    leading_minors: list[Text] | None = None
    critical_points: list[list[Text]] | None = None
    minimiser: list[Text] | None = None
    minimum: Text | None = None
    strong_convexity: Text | None = None
    smoothness: Text | None = None
    definiteness: str | None = None
    stable_steps: str | None = None
    best_step: Text | None = None
    contraction: ContractionTable | None = None
    behaviour: BehaviourTable | None = None
    faster: FasterTable | None = None
    fastest: FastestTable | None = None
    iterations: IterationsTable | None = None
    arithmetic: ArithmeticTable | None = None
    comparison: ComparisonTable | None = None
    holds: str | None = None
    same_method: str | MethodTable | SkipJsonSchema[Rule] | None = None
    empirical: str | RunsTable | None = None


STATEMENTS = tuple(ReadingTable.model_fields)[list(ReadingTable.model_fields).index("rate") :]
"""The keys of which a claim has exactly one."""

SUBJECTS = ("method", "recursion", "sequence")


class ClaimTable(ReadingTable):
    """One claim of a paper."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    says: str = ""
    where: str = ""
    versus: str = ""
    needs: str = ""
    expects: Verdict | None = None
    proof: list[str] = Field(default_factory=list)
    readings: list[ReadingTable] = Field(default_factory=list)


class PaperTable(_Table):
    """What the claims come from."""

    title: str = ""
    source: str = ""


def _short_symbol(value: object) -> object:
    return {"domain": value} if isinstance(value, str) else value


class PaperDocument(_Table):
    """A whole claim file."""

    paper: PaperTable = PaperTable()
    symbols: dict[str, Annotated[SymbolTable, BeforeValidator(_short_symbol)]] = Field(default_factory=dict)
    methods: dict[str, MethodTable | SkipJsonSchema[Rule]] = Field(default_factory=dict)
    problems: dict[str, ProblemTable | SkipJsonSchema[Objective]] = Field(default_factory=dict)
    claims: list[ClaimTable] = Field(min_length=1)


def validated(data: Mapping[str, Any]) -> PaperDocument:
    """The document of plain data.

    Raises:
        DocumentError: for the first key or value that the schema does not allow, with the nearest known word.
    """
    try:
        return PaperDocument.model_validate(data)
    except ValidationError as error:
        raise _explained(error) from None


def _explained(error: ValidationError) -> DocumentError:
    details = sorted(error.errors(include_url=False), key=_priority)
    detail = details[0]
    path = tuple(part for part in detail["loc"] if not _is_branch(part))
    if detail["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        return DocumentError(path, f"unknown key {path[-1]!r}{nearest(str(path[-1]), known)}")
    if detail["type"] == "missing":
        return DocumentError(path[:-1], f"the key {path[-1]!r} is missing")
    found = repr(detail["input"])
    return DocumentError(path, f"{detail['msg']}, found {found if len(found) < 80 else found[:77] + '...'}")


def _priority(detail: Any) -> int:
    """Unknown keys first; that a table is no text says little, where a table may stand."""
    if detail["type"] == "string_type" and isinstance(detail["input"], dict):
        return 2
    return int(detail["type"] != "extra_forbidden")


def _is_branch(part: str | int) -> bool:
    """Pydantic adds the branch of a union to an error's place; those parts name no key."""
    if not isinstance(part, str):
        return False
    return (
        part.endswith("Table")
        or part.startswith(("list[", "function-", "is-instance", "constrained-"))
        or part in ("str", "int", "float", "Rule", "Objective", "Expr")
    )


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {
        "paper": PaperTable, "symbols": SymbolTable, "methods": MethodTable, "problems": ProblemTable,
        "claims": ClaimTable, "readings": ReadingTable, "behaviour": BehaviourTable, "contraction": ContractionTable,
        "faster": FasterTable, "fastest": FastestTable, "iterations": IterationsTable, "arithmetic": ArithmeticTable,
        "comparison": ComparisonTable, "method": MethodTable, "problem": ProblemTable, "same_method": MethodTable,
        "empirical": RunsTable,
    }  # fmt: skip
    names = [part for part in path if isinstance(part, str) and part in tables]
    model = tables[names[-1]] if names else PaperDocument
    return [field.alias or name for name, field in model.model_fields.items()]
