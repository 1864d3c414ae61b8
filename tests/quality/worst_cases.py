"""Worst cases from the literature, as claims: exact ones, and bounds that are true and not exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from convergence.claims import Claim, paper

SYMBOLS = {"L": "positive", "D": "positive", "Delta": "positive", "G": "positive", "delta": "positive"}

DROITE = "Drori & Teboulle (2014); Rotaru, Glineur & Patrinos (2024) for steps above 1/L"
TAYLOR = "Taylor, Hendrickx & Glineur (2017), Smooth strongly convex interpolation"
PROXIMAL = "Taylor, Hendrickx & Glineur (2018), Exact worst-case convergence rates of the proximal gradient method"
ABBAS = "Abbaszadehpeivasti, de Klerk & Zamani (2021)"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One theorem.

    Attributes:
        bound: in k, for every k >= 1.
        tight: whether some function of the class attains it (or comes as close as one likes) for every k.
    """

    name: str
    given: tuple[str, ...]
    measure: str
    bound: str
    tight: bool
    source: str
    method: str = "gradient_descent"
    parameters: dict[str, str] = field(default_factory=dict)
    rule: dict[str, Any] | None = None

    def claim(self, factor: str = "1", *extra: str) -> Claim:
        """The claim with its bound times a factor, under further relations."""
        methods = {} if self.rule is None else {"own": self.rule}
        table = {
            "id": "x",
            "method": self.method if self.rule is None else "own",
            "measure": self.measure,
            "given": [*self.given, *extra],
            "bound": f"({factor})*({self.bound})",
        }
        if self.parameters:
            table["parameters"] = self.parameters
        return paper("worst cases", [table], symbols=SYMBOLS, methods=methods).claims[0]


CONVEX = ("convex", "smooth(L)", "initial_distance(D)")
CONVEX_GAP = ("convex", "smooth(L)", "initial_gap(Delta)")
ROUGH = ("smooth(L)", "initial_gap(Delta)")
KINKS = ("convex", "lipschitz(G)", "initial_distance(D)")


def smooth_convex() -> list[Result]:
    found = []
    for h in map(Fraction, ("1", "1/2", "1/4", "3/4", "3/2", "9/5")):
        step, far = {"alpha": f"{h}/L"}, abs(1 - h)
        found += [
            Result(
                name=f"gap, distance, h = {h}", given=CONVEX, measure="gap", parameters=step, tight=True, source=DROITE,
                bound=f"L*D**2/2*max(1/({2 * h}*k + 1), ({far})**(2*k))",
            ),
            Result(
                name=f"gradient, distance, h = {h}", given=CONVEX, measure="gradient_norm", parameters=step, tight=True,
                source=TAYLOR, bound=f"L*D*max(1/({h}*k + 1), ({far})**k)",
            ),
            Result(
                name=f"gradient, gap, h = {h}", given=CONVEX_GAP, measure="squared_gradient_norm", parameters=step,
                tight=True, source=TAYLOR, bound=f"2*L*Delta*max(1/({2 * h}*k + 1), ({far})**(2*k))",
            ),
        ]  # fmt: skip
    short = {"alpha": "1/L"}
    return [
        *found,
        Result(name="best gap", given=CONVEX, measure="best_gap", parameters=short, tight=True, source=DROITE,
               bound="L*D**2/(4*k + 2)"),
        Result(name="best gradient", given=CONVEX, measure="best_squared_gradient_norm", parameters=short, tight=True,
               source=TAYLOR, bound="L**2*D**2/(k + 1)**2"),
        Result(name="gap, textbook", given=CONVEX, measure="gap", parameters=short, tight=False,
               source="Nesterov (2004), Corollary 2.1.2", bound="2*L*D**2/(k + 4)"),
        Result(name="gap of the mean", given=CONVEX, measure="average_iterate_gap", parameters=short, tight=False,
               source="Bubeck (2015), Theorem 3.3 by convexity", bound="L*D**2/(2*k)"),
        Result(name="averaged method", given=CONVEX, measure="gap", method="averaged_gradient_descent",
               parameters=short, tight=False, source="Bubeck (2015), Theorem 3.3 by convexity", bound="L*D**2/(2*k)"),
        Result(name="distances do not grow", given=CONVEX, measure="distance", parameters={"alpha": "3/(2*L)"},
               tight=True, source="Nesterov (2004), Theorem 2.1.14", bound="D"),
        Result(name="gap does not grow", given=CONVEX_GAP, measure="gap", parameters=short, tight=True,
               source="descent lemma; nearly flat functions", bound="Delta"),
    ]  # fmt: skip


def strongly_convex() -> list[Result]:
    found = []
    for kappa in map(Fraction, ("1/10", "1/4", "1/2")):
        given = (f"strongly_convex({kappa}*L)", "smooth(L)")
        for h in (Fraction(1), Fraction(1, 2), 2 / (1 + kappa), Fraction(7, 4)):
            rho = max(abs(1 - h * kappa), abs(1 - h))
            step, label = {"alpha": f"{h}/L"}, f"kappa = {kappa}, h = {h}"
            found += [
                Result(name=f"distance, {label}", given=(*given, "initial_distance(D)"), measure="distance",
                       parameters=step, tight=True, source=PROXIMAL, bound=f"({rho})**k*D"),
                Result(name=f"gap, {label}", given=(*given, "initial_gap(Delta)"), measure="gap", parameters=step,
                       tight=True, source=PROXIMAL, bound=f"({rho})**(2*k)*Delta"),
            ]  # fmt: skip
    for kappa, h in (("1/10", "1"), ("1/4", "1/2"), ("1/2", "3/2")):
        given, step = (f"strongly_convex({kappa}*L)", "smooth(L)"), {"alpha": f"{h}/L"}
        far = abs(1 - Fraction(h))
        once, twice = (
            f"max({kappa}/({kappa} - 1 + (1 - {kappa}*{h})**(-{times}*k)), ({far})**({times}*k))" for times in (1, 2)
        )
        label = f"kappa = {kappa}, h = {h}"
        found += [
            Result(name=f"gap, distance, {label}", given=(*given, "initial_distance(D)"), measure="gap",
                   parameters=step, tight=True, source=TAYLOR, bound=f"L*D**2/2*{twice}"),
            Result(name=f"gradient, distance, {label}", given=(*given, "initial_distance(D)"), measure="gradient_norm",
                   parameters=step, tight=True, source=TAYLOR, bound=f"L*D*{once}"),
            Result(name=f"gradient, gap, {label}", given=(*given, "initial_gap(Delta)"),
                   measure="squared_gradient_norm", parameters=step, tight=True, source=TAYLOR,
                   bound=f"2*L*Delta*{twice}"),
        ]  # fmt: skip
    return found


def not_convex() -> list[Result]:
    found = [
        Result(
            name=f"non-convex, h = {h}", given=ROUGH, measure="best_squared_gradient_norm",
            parameters={"alpha": f"{h}/L"}, tight=True, source=ABBAS,
            bound=f"4*L*Delta/({4 * h - max(h**2, h**3)}*k + 2)",
        )
        for h in map(Fraction, ("1", "1/2", "1/4", "3/2"))
    ]  # fmt: skip
    return [
        *found,
        Result(name="non-convex, mean", given=ROUGH, measure="average_squared_gradient_norm",
               parameters={"alpha": "1/L"}, tight=False, source="Nesterov (2004), (1.2.15)", bound="2*L*Delta/k"),
        Result(name="non-convex, gap", given=ROUGH, measure="gap", parameters={"alpha": "1/L"}, tight=True,
               source="descent lemma; starts near a critical point", bound="Delta"),
        Result(name="dominated by the gradient", given=(*ROUGH, "polyak_lojasiewicz(L/10)"), measure="gap",
               parameters={"alpha": "1/L"}, tight=False, source="Polyak (1963)", bound="(9/10)**k*Delta"),
    ]  # fmt: skip


def kinks() -> list[Result]:
    return [
        Result(name="subgradients", given=KINKS, measure="best_gap", parameters={"alpha": "D/(G*sqrt(T + 1))"},
               tight=True, source="Drori & Teboulle (2016); Nesterov (2004), Section 3.2.3", bound="G*D/sqrt(T + 1)"),
        Result(name="subgradients, mean", given=KINKS, measure="average_iterate_gap",
               parameters={"alpha": "D/(G*sqrt(T + 1))"}, tight=False, source="Nesterov (2004), Section 3.2.3",
               bound="G*D/sqrt(T)*3/2"),
        Result(name="subgradients, any step", given=KINKS, measure="best_gap", parameters={"alpha": "D/(3*G)"},
               tight=False, source="Shor (1985)", bound="G*D*(3/(2*(k + 1)) + 1/6)"),
    ]  # fmt: skip


def inexact() -> list[Result]:
    found = []
    for kappa, h in (("1/10", "1"), ("1/10", "20/11"), ("1/4", "1"), ("1/4", "1/2")):
        rho = max(abs(1 - Fraction(h) * Fraction(kappa)), abs(1 - Fraction(h)))
        found.append(
            Result(
                name=f"inexact, kappa = {kappa}, h = {h}", measure="distance", parameters={"alpha": f"{h}/L"},
                tight=True,
                given=(f"strongly_convex({kappa}*L)", "smooth(L)", "initial_distance(D)", "gradient_error(delta)"),
                source="r+ = rho r + alpha delta; the error may point away from the minimiser",
                bound=f"({rho})**k*D + {h}/L*delta*(1 - ({rho})**k)/(1 - {rho})",
            )
        )  # fmt: skip
    return [
        *found,
        Result(name="inexact, convex", given=(*CONVEX, "gradient_error(delta)"), measure="distance",
               parameters={"alpha": "1/L"}, tight=True, source="steps do not expand", bound="D + k*delta/L"),
    ]  # fmt: skip


def accelerated() -> list[Result]:
    step = {"alpha": "1/L"}
    found = [
        Result(name="Nesterov", given=CONVEX, measure="gap", method="nesterov", parameters=step, tight=True,
               source="Kim & Fessler (2016), for the auxiliary sequence (k + 2)/2", bound="2*L*D**2/(k**2 + 7*k + 4)"),
        Result(name="Nesterov, textbook", given=CONVEX, measure="gap", method="nesterov", parameters=step, tight=False,
               source="Nesterov (1983); Beck & Teboulle (2009)", bound="2*L*D**2/(k + 1)**2"),
        Result(name="heavy ball, mean", given=(*CONVEX, "initial_gap(Delta)"), measure="average_iterate_gap",
               method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "1/2"}, tight=False,
               source="Ghadimi, Feyzmahdavian & Johansson (2015), Theorem 1", bound="(Delta + L*D**2/2)/(k + 1)"),
        Result(name="heavy ball, growing momentum", given=CONVEX, measure="gap", method="heavy_ball",
               parameters={"alpha": "1/(L*(k + 1))", "beta": "(k - 1)/(k + 1)"}, tight=False,
               source="Goujaud, Taylor & Dieuleveut (2022)", bound="L*D**2/(2*(k + 1))"),
        Result(name="heavy ball, strongly convex", given=("strongly_convex(2/9*L)", "smooth(L)", "initial_gap(Delta)"),
               measure="gap", method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "2/3"}, tight=False,
               source="Ghadimi, Feyzmahdavian & Johansson (2015), Theorem 4", bound="(8/9)**k*Delta"),
    ]  # fmt: skip
    for root in (Fraction(1, 2), Fraction(1, 3)):
        kappa = root**2
        found.append(
            Result(
                name=f"Nesterov, constant momentum, kappa = {kappa}", measure="gap", method="nesterov_constant",
                given=(f"strongly_convex({kappa}*L)", "smooth(L)", "initial_distance(D)", "initial_gap(Delta)"),
                parameters={"alpha": "1/L", "beta": str((1 - root) / (1 + root))}, tight=False,
                source="Nesterov (2004), Theorem 2.2.3; d'Aspremont, Scieur & Taylor (2021), Corollary 4.15",
                bound=f"({1 - root})**k*(Delta + {kappa}*L*D**2/2)",
            )
        )  # fmt: skip
    return found


RESULTS = [*smooth_convex(), *strongly_convex(), *not_convex(), *kinks(), *inexact(), *accelerated()]
