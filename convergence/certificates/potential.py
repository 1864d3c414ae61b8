"""A bound for every step count and every function of a class, by a quantity that no step increases.

Witness::

    {"window": "start",                      # for best measures: which points count, see `WINDOWS`
     "bound": "2*L*D**2/k",                  # implies the rate or limit; or a smaller bound than the claimed one
     "split": "L - mu",                      # optional: the proof is for > 0, and another one, "at zero", for = 0
     "proof": {
       "potential": {"output": "2*k/L", "theta theta": "1", "1": "-D**2"},
       "first": 0,                           # V <= 0 after that many steps
       "base": {"distance": "1"},
       "step": {"factor": "1", "facts": {"output output- descent": "k/L", "star query convex": "1/L"}},
       "final": {"factor": "L/(2*k)", "facts": {}}}}

The potential V[k] is a combination of ``f(p) - f*`` for the points p (``output``, ``theta`` and the states that are
points), ``sum`` (of the measured quantity over the window), the number ``1``, and inner products of ``theta``, the
states and the gradients ``g:p``, all after k steps, with x* at the origin; its coefficients are expressions in the
claim's symbols and k. Three inequalities are checked by `gram` with facts of `potential_setting`: ``-V[first]`` from
the start (`base`), ``-V[k] >= -factor V[k-1]`` for every later k (`step`), and ``bound - measure >= -factor V[k]``
(`final`); distances and norms are compared as squares. For several windows, ``proof`` may hold one proof under the name
of each.

With ``"late": "k*mu - L"`` there is no base: the proof begins where that expression, which must be positive in the end,
is so for good; V may contain the constant ``C_start``, which is chosen large enough there, for rates and limits.
With ``"horizon": true`` the potential may depend on the step T at which the bound is claimed. With
``"recursion": {"forcing": e}`` the step is ``V[k] <= factor V[k-1] + e``, and the stated order is that of the largest
solution; final then bounds the measure by a constant times V.

With noise of mean zero all this holds for expectations. Source: Bansal, Gupta (2019), "Potential-function proofs for
gradient methods"; Taylor, Bach (2019), "Stochastic first-order methods: non-asymptotic and computer-aided analyses via
potential functions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from convergence.certificates import document, growth, instances, scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.gram import Form, constant, require_combination, value
from convergence.certificates.gram_coefficients import Functions, surely_nonnegative
from convergence.certificates.growth import Ask
from convergence.certificates.inequalities import at_most
from convergence.certificates.iteration import STEP, Method, read_method
from convergence.certificates.linear_methods import require_equivariant
from convergence.certificates.linear_recursion import Linear, judge
from convergence.certificates.potential_measures import MEASURES, SQUARES, windows
from convergence.certificates.potential_scenes import Stage, after, before, finished, opened
from convergence.certificates.potential_setting import Setting, setting
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, parse_expression
from convergence.verdicts import Verdict

K, T = COUNTERS["k"], COUNTERS["T"]
START_CONSTANT = Symbol("C_start", positive=True)
MAX_FIRST = 3


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.PROVED` if the potential proves the stated bound, rate or limit.

    Raises:
        CertificateRejected: with the condition that fails.
    """
    if "method" not in claim or "problem" in claim or claim.get("measure") not in MEASURES:
        raise CertificateRejected("expected a claim about a measure of a method on a class of functions")
    if "online" in document.hypotheses_by_name(claim) and claim["measure"] not in ("regret", "average_regret"):
        raise CertificateRejected("losses that change have a regret, and no other measure")
    if set(claim["symbols"]) & {*COUNTERS, START_CONSTANT.name}:
        raise CertificateRejected("a symbol of the claim has the name of a counter")
    try:
        for proof in proofs(claim, witness):
            proof.require()
        if "bound" not in claim and "recursion" not in witness:
            _require_order(claim, witness)
    except (Unsupported, Undetermined) as reason:
        raise CertificateRejected(str(reason)) from None
    return Verdict.PROVED


def proofs(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Iterator[Proof]:
    """One proof for every case of the parameters and every reading of the measure's window.

    Raises:
        CertificateRejected: if the cases do not cover the parameters, or a reading has no proof.
    """
    facts = conditions(claim)
    method = read_method(claim["method"], claim)
    require_equivariant(method)
    read = windows(claim["measure"], witness.get("window", ""))
    for case, table in _cases(claim, witness, facts):
        for window in read:
            own = table.get(window, table) if window else table
            yield Proof(claim=claim, witness=witness, case=own, method=method, facts=case, window=window)


def conditions(claim: Mapping[str, Any]) -> Facts:
    """Domains and relations of the parameters, counters from 1, and mu <= L where a function has both constants."""
    facts = instances.facts(claim)
    given = document.hypotheses_by_name(claim)
    bounds = [(name - 1, False) for name in (K, T)]
    for curvature in ("strongly_convex", "polyak_lojasiewicz"):  # 2 mu (f - f*) <= |f'|^2 <= 2 L (f - f*), f > f*
        if curvature in given and "smooth" in given:
            bounds.append((facts.apply(given["smooth"][0] - given[curvature][0]), False))
    return replace(facts, constraints=(*facts.constraints, *bounds), known={})


def _cases(
    claim: Mapping[str, Any], witness: Mapping[str, Any], facts: Facts
) -> Iterator[tuple[Facts, Mapping[str, Any]]]:
    """The facts of every case with its proof; something >= 0 may be split into > 0 and = 0."""
    if "split" not in witness:
        yield facts, witness["proof"]
        return
    split = facts.apply(document.expression(claim, witness["split"]))
    if split.free_symbols & set(COUNTERS.values()) or not surely_nonnegative(split, facts):
        raise CertificateRejected(f"cannot see that {split} >= 0 for all parameters")
    for sign, name in ((1, "proof"), (0, "at zero")):
        if (case := facts.assuming(split, sign)) is not None:
            yield case, witness[name]


def _require_order(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> None:
    """The stated rate or limit follows from the bound."""
    ask, stated = growth.stated_order(claim)
    if ask is Ask.SAME_ORDER or (
        ask is Ask.LIMIT and (stated != 0 or claim["measure"] in ("regret", "average_regret"))
    ):
        raise CertificateRejected("an upper bound proves no lower bound")
    bound = parse_expression(witness["bound"], _names(claim)).subs(STEP, K)
    stated = stated.subs(STEP, K)
    if K in stated.free_symbols and T in bound.free_symbols | stated.free_symbols:
        raise CertificateRejected("a bound in the horizon says nothing about the order in k before it")
    counter = T if T in bound.free_symbols | stated.free_symbols else K
    if bound.free_symbols & {K, T} - {counter}:
        raise CertificateRejected("the bound names both k and T")
    for case, answer in by_cases(
        lambda case: growth.decide(case.apply(bound.subs(K, counter)), ask, stated.subs(K, counter), counter, case),
        instances.facts(claim),
    ):
        if not answer:
            raise CertificateRejected(f"the bound does not give the statement where {growth.describe(case)}")


def _before_others(row: Expr, facts: Facts) -> Facts:
    """A further constraint, in the first place: signs are first sought with the symbols replaced by these bounds."""
    return replace(facts, constraints=((row, False), *facts.constraints), known={})


def _names(claim: Mapping[str, Any]) -> dict[str, Symbol]:
    return {**document.names(claim), START_CONSTANT.name: START_CONSTANT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inequality:
    """``goal >= 0`` as the sum of multiplier * fact over the parts and squares, wherever the facts hold."""

    goal: Form
    parts: tuple[tuple[Expr, Form], ...]
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One potential, under one case of the parameters and one window of the measure.

    Attributes:
        claim, witness: the documents.
        case: the potential and its three inequalities.
        method: the claim's.
        facts: what is known about the parameters in this case, and that counters are at least 1.
        window: which points a sum is over; empty where the measure needs none.
    """

    claim: Mapping[str, Any]
    witness: Mapping[str, Any]
    case: Mapping[str, Any]
    method: Method
    facts: Facts
    window: str

    @property
    def setting(self) -> Setting:
        """The claim's hypotheses in this case."""
        return setting(self.claim, self.facts)

    @property
    def kind(self) -> str:
        """What is measured at each point."""
        return MEASURES[self.claim["measure"]]

    @property
    def recursion(self) -> bool:
        """Whether the largest solution of a recursion decides, rather than a bound."""
        return "recursion" in self.witness

    @property
    def horizon(self) -> bool:
        """Whether steps are counted up to a horizon T."""
        return T in self._symbols() or bool(self.witness.get("horizon"))

    @property
    def last(self) -> Symbol:
        """The step at which the bound is claimed: T where it names T alone, or where the potential depends on T.

        Raises:
            CertificateRejected: if the witness brings a horizon to a claim that has its own.
        """
        if self.witness.get("horizon"):
            if T in self._symbols():
                raise CertificateRejected("the claim has a horizon of its own")
            return T
        alone = T in self._stated().free_symbols and not self._stated().free_symbols & {K, STEP}
        return T if alone else K

    def require(self) -> None:
        """Check base, step and final inequality, and the recursion where there is one."""
        if not self.recursion:
            self._require_bounds()
        for inequality in self.inequalities():
            require_combination(inequality.goal, inequality.parts, inequality.facts)
        if self.recursion:
            self._require_solution()

    def inequalities(self) -> Iterator[Inequality]:
        """Base, step and final inequality, as far as the certificate has the right shape."""
        if "late" in self.case:
            reached = self._late()
            yield self._step(reached)
            yield self._final(reached)
        else:
            first = self._first()
            yield self._base(first)
            yield self._step(_before_others(K - first - 1, self.facts))
            yield self._final(_before_others(self.last - first, self.facts))

    def _inequality(
        self, stage: Stage, goal: Form, known: list[tuple[Expr, Form]], facts: Mapping[str, str], at: Expr, when: Facts
    ) -> Inequality:
        """The goal and what it is combined from, in expectation."""
        parts = [*known, *((self.read(text, at), stage.scene.fact(name)) for name, text in facts.items())]
        expected = tuple((factor, stage.expected(form)) for factor, form in parts)
        return Inequality(goal=stage.expected(goal), parts=expected, facts=when)

    def potential(self, stage: Stage, at: Expr, suffix: str = "") -> Form:
        """V after `at` steps."""
        return stage.potential({words: self.read(text, at) for words, text in self.case["potential"].items()}, suffix)

    def read(self, text: str, at: Expr = K) -> Expr:
        """An expression of the witness at a step."""
        found = parse_expression(text, _names(self.claim)).subs(STEP, K)
        if T in found.free_symbols and not self.horizon:
            raise CertificateRejected("a horizon that neither the claim nor the certificate has")
        if START_CONSTANT in found.free_symbols and "late" not in self.case:
            raise CertificateRejected("C_start is known only to a proof that begins late")
        return self.facts.apply(found.subs(K, at))

    def bounds(self) -> tuple[Expr, Expr]:
        """The bound that is proved of the measure, at the step where it is claimed, and the claimed one above it."""
        own, claimed = self.witness.get("bound"), self.claim.get("bound")
        texts = (str(own or claimed), str(claimed or own))
        proved, stated = (parse_expression(text, _names(self.claim)).subs(STEP, K) for text in texts)
        return self.facts.apply(proved.subs(K, self.last)), self.facts.apply(stated.subs(K, self.last))

    def _require_bounds(self) -> None:
        own, claimed = self.bounds()
        facts = self._until(self.facts, self.last)
        Functions.of([own, claimed], facts)
        if own != claimed and not at_most(own, claimed, facts):
            raise CertificateRejected(f"cannot see that {own} <= {claimed}")

    def _stated(self) -> Expr:
        key = next(key for key in ("bound", "rate", "limit", "same_order") if key in self.claim)
        return document.expression(self.claim, self.claim[key])

    def _symbols(self) -> frozenset[Symbol]:
        arguments = [item for _, values in document.hypotheses(self.claim) for item in values]
        return frozenset().union(
            self.method.free, self._stated().free_symbols, *(item.free_symbols for item in arguments)
        )

    def _late(self) -> Facts:
        """All steps from some k on, where an expression is positive; V is made negative at the first of them."""
        if "bound" in self.claim or self.horizon:
            raise CertificateRejected("only rates and limits without a horizon may begin late")
        bounded = {"smooth", "lipschitz", "bounded_gradients"} & set(self.setting.given)
        if self.setting.is_noisy and not bounded:
            raise CertificateRejected("nothing keeps the expectations of the first steps finite")
        grows = self.read(self.case["late"])
        for _, sign in by_cases(
            lambda case: scale.lead(Asymptotics(K, case).expand(grows), case)[0], self._parameters()
        ):
            if sign <= 0:
                raise CertificateRejected(f"{grows} is not positive for all large k")
        reached = replace(self.facts, constraints=(*self.facts.constraints, (sympy.expand(grows), True)), known={})
        slopes = {words: self.read(text).diff(START_CONSTANT) for words, text in self.case["potential"].items()}
        if any(slope.has(START_CONSTANT) for slope in slopes.values()):
            raise CertificateRejected("C_start must enter linearly, so that a large one outweighs the rest")
        if not self.recursion and not surely_nonnegative(-slopes.pop("1", Integer(0)), reached, strict=True):
            raise CertificateRejected("the constant C_start does not make the potential negative")
        if any(slope != 0 for words, slope in slopes.items() if words != "1"):
            raise CertificateRejected("C_start may occur in the constant only")
        return reached

    def _parameters(self) -> Facts:
        """The facts without those about counters."""
        kept = tuple(pair for pair in self.facts.constraints if not pair[0].free_symbols & {K, T})
        return replace(self.facts, constraints=kept, known={})

    def _first(self) -> Expr:
        first = self.case["first"]
        most = 1 if "bound" in self.claim else MAX_FIRST
        if not isinstance(first, int) or isinstance(first, bool) or not 0 <= first <= most:
            raise CertificateRejected(f"expected 0 to {most} steps before the induction, found {first!r}")
        if self.recursion:
            raise CertificateRejected("a recursion begins late")
        return Integer(first)

    def _base(self, at: Expr) -> Inequality:
        stage = opened(self.method, self.setting, int(at), self.window, self.kind)
        goal = (-1) * self.potential(stage, at)
        return self._inequality(stage, goal, [], self.case["base"], at, self._until(self.facts, at))

    def _step(self, facts: Facts) -> Inequality:
        old = before(self.method, self.setting, K - 1)
        new = after(self.method, self.setting, old, K, self.window, self.kind)
        known = [(self.read(self.case["step"]["factor"]), (-1) * self.potential(old, K - 1, "-"))]
        goal = constant(self._forcing()) - self.potential(new, K)
        return self._inequality(new, goal, known, self.case["step"]["facts"], K, self._until(facts, K))

    def _final(self, facts: Facts) -> Inequality:
        stage = finished(self.method, self.setting, self.last)
        facts = self._until(facts, self.last)
        factor = self.read(self.case["final"]["factor"], self.last)
        if self.recursion and factor.free_symbols & set(COUNTERS.values()):
            raise CertificateRejected("expected a measure below a constant multiple of the potential")
        goal = (-1) * stage.measured(self.kind) if self.recursion else self._excess(stage, facts)
        known = [(factor, (-1) * self.potential(stage, self.last))]
        return self._inequality(stage, goal, known, self.case["final"]["facts"], self.last, facts)

    def _until(self, facts: Facts, step: Expr) -> Facts:
        """Steps are counted up to the horizon."""
        return _before_others(T - step, facts) if self.horizon and step != T else facts

    def _excess(self, stage: Stage, facts: Facts) -> Form:
        """Bound minus measure, their squares, or both times the number of points."""
        measure, bound = self.claim["measure"], self.bounds()[0]
        if measure in SQUARES:
            if not surely_nonnegative(bound, facts):
                raise CertificateRejected("the bound may be negative")
            return constant(bound**2) - stage.measured(self.kind)
        if not self.window:
            return constant(bound) - stage.measured(self.kind)
        if measure == "average_iterate_gap" and not self.setting.is_convex:
            raise CertificateRejected("the value at a mean is below the mean of the values for convex functions only")
        count = self.last + 1 if self.window == "all" else self.last
        return constant(bound if measure == "regret" else count * bound) - value("sum")

    def _forcing(self) -> Expr:
        return self.read(self.witness["recursion"]["forcing"]) if self.recursion else Integer(0)

    def _require_solution(self) -> None:
        """The largest u with ``u[k] <= factor u[k-1] + forcing`` has the stated order or limit."""
        ask, stated = growth.stated_order(self.claim)
        factor, forcing = self.read(self.case["step"]["factor"]), self._forcing()
        if ask is Ask.SAME_ORDER or (ask is Ask.LIMIT and stated != 0) or self.window:
            raise CertificateRejected("expected a rate, or the limit 0, of a measure without a sum")
        if {START_CONSTANT, T} & (factor.free_symbols | forcing.free_symbols | stated.free_symbols):
            raise CertificateRejected("expected a recursion in k")
        stated = stated.subs(STEP, K).subs(K, K - 1)
        order = stated**2 if self.claim["measure"] in SQUARES else stated
        problem = Linear(None, sympy.expand(factor), sympy.expand(forcing), False, True, False, (), ())
        for case, answer in by_cases(lambda case: judge(problem, ask, order, case), self._parameters()):
            if not answer:
                raise CertificateRejected(f"the recursion does not give the statement where {growth.describe(case)}")
