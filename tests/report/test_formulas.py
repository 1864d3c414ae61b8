"""Formulas on a page: what SymPy means is what stands there, and names never become markup."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from report_examples import example_paper
from sympy import Rational, Symbol

from convergence.claims import Claim, paper, to_document
from convergence.claims.statements import Bound, Empirical
from convergence.expressions import COUNTERS, parse_expression, parse_relation, symbol
from convergence.formulas import hypotheses_text, statement_text
from convergence.formulas import sentences as formulas
from convergence.formulas.arithmetic import source_formula
from convergence.formulas.layout import Node, to_mathml, to_plain
from convergence.formulas.printer import GREEK, Formula, chained, symbol_name
from convergence.formulas.recursion import recursion
from convergence.methods import METHODS

NAMES = {name: symbol(name, "positive") for name in ("mu", "L", "D", "G", "alpha", "beta", "beta1", "gamma", "lambda_")}
SYMBOLS = {**NAMES, **COUNTERS}
K, MU = COUNTERS["k"], NAMES["mu"]
HOSTILE = ["<script>alert(1)</script>", "a&b", "\"quoted\" 'name'", "</math><b>", "&lt;", "-->", "$x$", "`|*_"]


def written(text: str) -> Node:
    return Formula()(parse_expression(text, SYMBOLS, frozenset({"a"})))


def glyphs(markup: str) -> str:
    """The visible characters of MathML, without markup, spaces and invisible operators."""
    return "".join(ElementTree.fromstring(markup).itertext()).replace("\u2062", "")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("L*D**2/(4*k + 2)", "L*D^2/(4*k + 2)"),
        ("k**(-mu/2)", "k^(-mu/2)"),
        ("1/sqrt(k)", "1/sqrt(k)"),
        ("(1 - beta/k)*a[k] + gamma/k**2", "(1 - beta/k)*a[k] + gamma/k^2"),
        ("a[k+1]/2", "a[k + 1]/2"),
        ("D**2/(2*alpha*sqrt(T)) + alpha*G**2*sqrt(T)/2", "D^2/(2*alpha*sqrt(T)) + alpha*G^2*sqrt(T)/2"),
        ("log(k)/k", "log(k)/k"),
        ("(1 - mu/L)**k", "(1 - mu/L)^k"),
        ("max(1, 2/mu)", "max(1, 2/mu)"),
        ("sum(mu/i, i, 1, k)", "sum(mu/i; i = 1..k)"),
        ("product(1 - mu/i, i, 1, k)", "product(1 - mu/i; i = 1..k)"),
        ("norm(mu)**2", "||mu||^2"),
        ("-3/4", "-3/4"),
        ("1/3 - mu", "1/3 - mu"),
        ("0.9*mu", "0.9*mu"),
        ("1e-8 + mu", "mu + 10^(-8)"),
        ("-2*mu*k", "-2*mu*k"),
        ("1/(mu*k)", "1/(mu*k)"),
        ("exp(-mu*k)", "e^(-mu*k)"),
        ("(mu/L)**2*3", "3*mu^2/L^2"),
    ],
)
def test_expressions_read_as_papers_write_them(text: str, plain: str) -> None:
    assert to_plain(written(text)) == plain


def test_a_symbolic_power_stays_a_power() -> None:
    markup = to_mathml(written("k**(-mu/2)"))
    assert "<msup>" in markup
    assert "<mfrac>" not in markup
    assert glyphs(markup) == "k−μ/2"


def test_a_dot_stands_only_before_digits() -> None:
    assert glyphs(to_mathml(written("L*(1 - mu)"))) == "L(1−μ)"
    assert glyphs(to_mathml(written("6*2**k"))) == "6·2k"


def test_an_indexed_term_is_a_subscript() -> None:
    root = ElementTree.fromstring(to_mathml(written("a[k+1]")))
    (sub,) = root.findall(".//msub")
    assert "".join(sub[0].itertext()) == "a"
    assert "".join(sub[1].itertext()) == "k+1"


def test_rationals_are_fractions_and_decimals_are_decimals() -> None:
    assert "<mfrac><mn>1</mn><mn>3</mn></mfrac>" in to_mathml(Formula()(Rational(1, 3)))
    assert glyphs(to_mathml(Formula()(Rational(999, 1000)))) == "0.999"


@pytest.mark.parametrize(
    ("name", "seen"),
    [("mu", "μ"), ("lambda_", "λ"), ("beta1", "β1"), ("beta_1", "β1"), ("theta", "θ"), ("Delta", "Δ"), ("eta_0", "η0"),
     ("delta_k", "δk"), ("m_hat", "m^"), ("x_star", "x⋆"), ("previous", "previous"),
     ("weight_decay", "weight_decay"), ("lambda_max", "λmax"), ("L", "L")],
)  # fmt: skip
def test_greek_names_indices_and_accents(name: str, seen: str) -> None:
    assert glyphs(to_mathml(symbol_name(name))) == seen
    assert to_plain(symbol_name(name)) == name


def test_every_greek_letter_has_its_glyph() -> None:
    assert GREEK["alpha"] == "α"
    assert GREEK["omega"] == "ω"
    assert GREEK["Sigma"] == "Σ"


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_any_symbol_name_comes_out_as_text(name: str) -> None:
    markup = to_mathml(Formula()(sympy.Add(Symbol(name), 1, evaluate=False)))
    elements = {element.tag for element in ElementTree.fromstring(markup).iter()}
    assert elements <= {"math", "mrow", "mi", "mo", "mn", "msub", "mover", "msup"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_keep_their_characters(name: str) -> None:
    markup = to_mathml(Formula()(Symbol(name)))
    assert glyphs(markup) == name
    assert "<script" not in markup


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sequences_functions_and_unknown_objects_are_text(name: str) -> None:
    called = sympy.Function(name)
    for value in (called(K), called(K, MU), sympy.Dummy(name), sympy.Piecewise((Symbol(name), K > 1))):
        assert "<script" not in to_mathml(Formula()(value))


_leaves = st.sampled_from([*NAMES.values(), K]) | st.fractions(-9, 9, max_denominator=12).map(
    lambda value: Rational(value.numerator, value.denominator)
)
_expressions = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
        st.tuples(st.sampled_from([*NAMES.values(), K]), st.integers(-3, 3)).map(lambda pair: pair[0] ** pair[1]),
        st.sampled_from([*NAMES.values(), K]).map(sympy.sqrt),
        inner.map(lambda value: sympy.Abs(value) + 1).map(sympy.log),
    ),
    max_leaves=8,
)


@given(_expressions)
def test_plain_text_means_the_expression(value: sympy.Expr) -> None:
    """The text, read back with ^ for powers, is the same expression: no parenthesis is missing."""
    text = to_plain(Formula()(value)).replace("^", "**")
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text) if text.count("|") == 2 else text
    if "|" not in text and not value.has(sympy.zoo, sympy.nan):
        difference = parse_expression(text, SYMBOLS) - value
        point = {free: Rational(index + 7, 3) for index, free in enumerate(sorted(value.free_symbols, key=str))}
        assert abs(sympy.N(difference.subs(point), 30)) < 1e-20


@given(_expressions)
def test_mathml_is_well_formed_and_deterministic(value: sympy.Expr) -> None:
    markup = to_mathml(Formula()(value))
    ElementTree.fromstring(markup)
    assert markup == to_mathml(Formula()(value))


def test_chains_of_relations() -> None:
    node = chained(parse_relation("0 < mu <= 1/L", SYMBOLS))
    assert to_plain(node) == "0 < mu <= 1/L"
    assert glyphs(to_mathml(node)) == "0<μ≤1L"


@pytest.mark.parametrize(
    ("text", "plain"),
    [("9/12 - 1/3", "9/12 - 1/3"), ("(a - b)/a", "(a - b)/a"), ("-(1 + 2)*3", "(-(1 + 2))*3"),
     ("1 - (2 - 3)", "1 - (2 - 3)"),
     ("2**-1", "2^(-1)"), ("sqrt(2)/3", "sqrt(2)/3"), ("abs(a)", "|a|"), ("1.170", "1.170"), ("1/(2*3)", "1/(2*3)")],
)  # fmt: skip
def test_computations_stand_as_they_were_written(text: str, plain: str) -> None:
    assert to_plain(source_formula(text)) == plain


def test_text_that_is_no_formula_stays_text() -> None:
    assert glyphs(to_mathml(source_formula("<b> not a formula"))) == "<b> not a formula"


STATEMENTS = {
    "smooth-convex": "f(x_k) - f* <= L*D^2/(4*k + 2) for every k >= 1",
    "strong-rate": "||x_k - x*|| = O(k^(-mu/2))",
    "noisy-average": "E[f(xbar_T) - f*] = O(1/T)",
    "online": "sum(f_i(x_i); i = 1..T) - min(sum(f_i(x); i = 1..T); x) = Theta(sqrt(T))",
    "gradients": "1/T*sum(||grad f(x_i)||^2; i = 1..T) = O(log(T)/sqrt(T))",
    "best": "min(||grad f(x_i)||^2; i <= k) = O((1 - mu/L)^k)",
    "lemma": "every sequence with a[k + 1] <= (1 - beta/k)*a[k] + gamma/k^2 for every k >= 1 has a[k] -> 0",
    "product": "product(sqrt(1 - mu/i); i = 1..k) = O(e^(-sum(mu/(2*i); i = 1..k)))",
    "spectrum": "the eigenvalues of the Hessian are 2, 6",
    "hessian": "the Hessian is [[4, -2], [-2, 4]]",
    "critical": "the critical points are (-1/2, 0), (0, 0)",
    "definite": "the Hessian is positive definite",
    "condition": "the condition number is 3.00",
    "stable": "gradient descent converges from every start exactly when 0 < eta < 1/3",
    "contraction": "with step 1/4 each iteration of gradient descent contracts by the factor 0.5",
    "behaviour": "with step 0.4 gradient descent diverges, from (1, 1)",
    "every-step": "with every step eta > 1/3 gradient descent diverges or cycles, from every start",
    "faster": "step 1/4 contracts faster than every step 0 < eta < 0.1, from every start",
    "fastest": "among the steps 0.1, 0.2, 0.3 the step 0.2 contracts fastest, from every start",
    "iterations": "with step 0.1 the distance falls to 10^(-6) of its start after 20 to 40 iterations, from (1, 1)",
    "arithmetic": "(a - b)/a = 23% with the printed numbers a = 150, b = 112",
    "numbers": "the values 9/12 - 1/3, sqrt(2)/3*2^(-1) span 24-31%",
    "comparison": "a > b with the printed numbers a = 93.1%, b = 92.8",
    "holds": "0 <= 1 - mu/L < 1",
    "same": "heavy_ball and momentum compute the same iterates",
}


@pytest.mark.parametrize("identifier", STATEMENTS)
def test_statements_in_words(identifier: str) -> None:
    assert statement_text(example_paper()[identifier]) == STATEMENTS[identifier]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"arithmetic": {"computed": "1/30", "printed": "<5%"}}, "1/30 < 5%"),
        ({"arithmetic": {"computed": "1/3", "printed": "~33%"}}, "1/3 ~ 33%"),
        ({"comparison": {"relation": "a > 0", "inputs": {"a": ">=2"}}}, "a > 0 with the printed numbers a >= 2"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": 2}, "sum(1/i^2; i = 1..T) <= 2 for every T >= 1"),
        ({"sequence": "1/k", "limit": 0}, "1/k -> 0"),
    ],
)
def test_further_statements_in_words(table: dict[str, object], words: str) -> None:
    assert statement_text(paper("t", [{"id": "x", **table}])["x"]) == words


def test_every_reading_has_plain_ascii_wording_and_markup() -> None:
    for claim in example_paper():
        for reading in claim.readings:
            assert statement_text(reading).isascii()
            assert hypotheses_text(reading).isascii()
            sentences = (formulas.statement(reading), formulas.problem(reading), *formulas.hypotheses(reading))
            for sentence in (*sentences, *formulas.symbols(reading), formulas.subject(reading)):
                ElementTree.fromstring(f"<p>{formulas.markup(sentence)}</p>")


def test_hypotheses_in_words() -> None:
    found = hypotheses_text(example_paper()["noisy-average"])
    assert found.endswith("E||g||^2 <= G^2 at every iterate; E||g - grad f||^2 <= sigma^2")
    assert "the gradient of f is L-Lipschitz" in found


def test_symbols_leave_out_the_methods_own_parameters() -> None:
    claim = example_paper()["smooth-convex"]
    assert [formulas.plain(sentence) for sentence in formulas.symbols(claim)] == ["L > 0: smoothness", "D > 0"]
    assert "alpha" in to_document(claim)["symbols"]


def lines(claim: Claim) -> list[str]:
    return [formulas.plain(line.formula) for line in recursion(claim)]


def about(method: str) -> Claim:
    return Claim(id="x", statement=Empirical(""), subject=METHODS[method])


def test_the_recursion_has_the_steps_of_the_rule() -> None:
    assert lines(about("heavy_ball"))[2:] == [
        "previous_0 = theta_0",
        "g_t = grad f(theta[t - 1])",
        "ahead_t = theta[t - 1] - alpha*g_t + beta*(theta[t - 1] - previous[t - 1])",
        "previous_t = theta[t - 1]",
        "theta_t = ahead_t",
    ]
    assert lines(about("averaged_gradient_descent"))[-1] == "average_t"
    assert "g_t = grad f(theta[t - 1] + beta_t*(theta[t - 1] - previous[t - 1]))" in lines(about("nesterov"))


@pytest.mark.parametrize("method", METHODS)
def test_every_builtin_method_has_a_line_for_each_assignment(method: str) -> None:
    rule = METHODS[method]
    found = recursion(about(method))
    own = [name for name, value in rule.parameters.items() if name != value]
    returned = rule.output != sympy.Symbol("theta", real=True)
    assert len(found) == len(own) + len(rule.state) + 1 + len(rule.update) + returned
    for line in found:
        ElementTree.fromstring(f"<p>{formulas.markup(line.formula)}</p>")


def test_a_noisy_claim_says_that_its_gradient_is() -> None:
    assert "g_t is a stochastic gradient at theta[t - 1]" in lines(example_paper()["noisy-average"])
    assert "g_t is a gradient of the loss f_t at theta[t - 1]" in lines(example_paper()["online"])


class _Visible(HTMLParser):
    """The text that a browser shows."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", HOSTILE)
def test_a_statement_with_a_hostile_symbol_shows_it(name: str) -> None:
    claim = replace(example_paper()["smooth-convex"], statement=Bound(Symbol(name, positive=True) / K))
    page = _Visible()
    page.feed(formulas.markup(formulas.statement(claim)))
    assert name in page.text


def test_wording_loads_nothing_heavy() -> None:
    code = "import sys; from convergence.formulas import statement_text; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("matplotlib", "jinja2", "torch", "numba", "cvxpy", "scipy"):
        assert f"'{name}'" not in loaded
