"""The pytest plugin: outcomes, messages, the summary, the report and the fixture."""

from __future__ import annotations

import json

import pytest

TRUE = 'arithmetic = { computed = "1/4", printed = "0.25" }'
FALSE = 'arithmetic = { computed = "1/4", printed = "0.4" }'
OPEN = 'empirical = "the authors\' runs"'


def claim_file(pytester: pytest.Pytester, *claims: str) -> None:
    text = "\n".join(f'[[claims]]\nid = "c{number}"\n{claim}\n' for number, claim in enumerate(claims))
    pytester.path.joinpath("mine.toml").write_text(text, encoding="utf-8")


def test_each_claim_is_one_test(pytester: pytest.Pytester) -> None:
    claim_file(pytester, TRUE, FALSE, OPEN)
    result = pytester.runpytest_subprocess("mine.toml", "-rs")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*claim      c1",
            "*states*",
            "*verdict    inconsistent: *1/4 is 0.25*",
            "*verdicts*",
            "*1 inconsistent, 1 proved, 1 undecided*",
        ]
    )
    result.stdout.fnmatch_lines(["*SKIPPED*undecided:*"])


def test_recorded_verdicts(pytester: pytest.Pytester) -> None:
    expected = zip((TRUE, FALSE, OPEN), ("proved", "inconsistent", "undecided"), strict=True)
    claim_file(pytester, *(f'{claim}\nexpects = "{verdict}"' for claim, verdict in expected))
    result = pytester.runpytest_subprocess("mine.toml")
    result.assert_outcomes(passed=1, xfailed=1, skipped=1)
    assert result.ret == 0


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (f'{TRUE}\nexpects = "inconsistent"', "*XPASS(strict)*"),
        (f'{FALSE}\nexpects = "proved"', "*the verdict changed: recorded proved, found inconsistent*"),
        (f'{FALSE}\nexpects = "refuted"', "*the verdict changed: recorded refuted, found inconsistent*"),
        (f'{OPEN}\nexpects = "supported"', "*the verdict changed: recorded supported, found undecided*"),
    ],
)
def test_any_change_of_a_recorded_verdict_fails(pytester: pytest.Pytester, claim: str, message: str) -> None:
    claim_file(pytester, claim)
    result = pytester.runpytest_subprocess("mine.toml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_an_invalid_file_is_an_error_with_line_and_key(pytester: pytest.Pytester) -> None:
    claim_file(pytester, 'boundd = "1/k"')
    result = pytester.runpytest_subprocess("mine.toml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mine.toml, line 3, claim 'c0', boundd: unknown key 'boundd'; did you mean*"])


def test_a_module_of_claims(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        mine="""
        '''My paper.'''
        from convergence import paper
        PAPER = paper("My paper", [{"id": "sum", "arithmetic": {"computed": "1/3 + 1/6", "printed": "0.5"}}])
        """
    )
    pytester.runpytest_subprocess("mine.py").assert_outcomes(passed=1)


def test_other_toml_files_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("other.toml").write_text("[tool]\nclaims = 1\n", encoding="utf-8")
    pytester.makepyfile(test_nothing="def test_nothing(): pass")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_report_is_written_once_by_the_controlling_process(pytester: pytest.Pytester) -> None:
    claim_file(pytester, TRUE, FALSE)
    pytester.runpytest_subprocess("mine.toml", "--claims-report", "out")
    report = json.loads(pytester.path.joinpath("out", "report.json").read_text(encoding="utf-8"))
    assert [claim["verdict"] for claim in report["papers"][0]["claims"]] == ["proved", "inconsistent"]
    assert pytester.path.joinpath("out", "index.html").is_file()


def test_the_fixture_audits_inside_other_tests(pytester: pytest.Pytester) -> None:
    claim_file(pytester, TRUE, FALSE)
    pytester.makepyfile(
        test_mine="""
        import convergence
        PAPER_ = convergence.load("mine.toml")
        def test_true(audit):
            audit(PAPER_["c0"]).require("supported")
        def test_false(audit):
            audit(PAPER_["c1"]).require("supported")
        def test_all(audit):
            assert audit(PAPER_).counts["proved"] == 1
        """
    )
    result = pytester.runpytest_subprocess("test_mine.py")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*expected supported, found inconsistent*"])
