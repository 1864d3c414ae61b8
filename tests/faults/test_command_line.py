"""Exit statuses and messages of the commands: bad input is one clear line and status 2, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRUE = '[[claims]]\nid = "yes"\narithmetic = { computed = "1/4", printed = "0.25" }\n'
FALSE = '[[claims]]\nid = "no"\narithmetic = { computed = "1/4", printed = "0.4" }\n'
OPEN = '[[claims]]\nid = "open"\nempirical = "runs"\n'


def convergence(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "convergence", *arguments], cwd=cwd, capture_output=True, text=True)


def write(folder: Path, text: str, name: str = "claims.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("text", "arguments", "status"),
    [
        (TRUE, (), 0),
        (TRUE + FALSE, (), 1),
        (TRUE + OPEN, (), 3),
        (TRUE + FALSE + OPEN, (), 1),
        (TRUE + FALSE, ("--fail-on", "refuted"), 0),
        (TRUE + OPEN, ("--fail-on", "undecided,refuted"), 1),
        (TRUE + FALSE, ("--only", "y*"), 0),
    ],
)
def test_exit_statuses(tmp_path: Path, text: str, arguments: tuple[str, ...], status: int) -> None:
    done = convergence("audit", write(tmp_path, text), "--jobs", "1", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (status, "")
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, (), "nowhere.toml: no such file or folder"),
        ("x = [", (), "not valid TOML"),
        ("", (), "claims"),
        ('[[claims]]\nid = "a"\nrate = "1/k"\n', (), "needs a measure"),
        ('[[claims]]\nid = "a"\nrate = "9**9**9"\nsequence = "k"\n', (), "line 3, claim 'a', rate"),
        (TRUE + TRUE, (), "two claims have the id 'yes'"),
        (TRUE, ("--only", "yess"), "no claim matches 'yess'; did you mean 'yes'?"),
        (TRUE, ("--fail-on", "refutd"), "unknown verdict 'refutd'; did you mean 'refuted'?"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, text: str | None, arguments: tuple[str, ...], message: str
) -> None:
    name = "nowhere.toml" if text is None else write(tmp_path, text)
    done = convergence("audit", name, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_json_goes_to_standard_output_and_nothing_else(tmp_path: Path) -> None:
    done = convergence("audit", write(tmp_path, TRUE + FALSE), "--json", "--jobs", "2", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert [claim["id"] for claim in report["papers"][0]["claims"]] == ["yes", "no"]
    assert done.stderr == ""
    assert not (tmp_path / "report").exists()


def test_certificates_are_rechecked_in_a_fresh_process(tmp_path: Path) -> None:
    convergence("audit", write(tmp_path, TRUE + FALSE), "--jobs", "1", cwd=tmp_path)
    files = sorted(map(str, (tmp_path / "report" / "certificates").glob("*.json")))
    done = convergence("check", *files, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("accepted") == 2
    true = next(Path(file) for file in files if "yes" in file)
    content = json.loads(true.read_text(encoding="utf-8"))
    content["claim"]["arithmetic"]["printed"] = "0.9"
    true.write_text(json.dumps(content), encoding="utf-8")
    tampered = convergence("check", *files, cwd=tmp_path)
    assert tampered.returncode == 1
    assert f"{true}: rejected: 1/4 is not in its interval" in tampered.stdout


@pytest.mark.parametrize("content", ["{}", "[1]", "not json", '{"format": "other"}'])
def test_what_is_no_certificate_says_so(tmp_path: Path, content: str) -> None:
    done = convergence("check", write(tmp_path, content, "x.json"), cwd=tmp_path)
    assert done.returncode == 2
    assert "x.json" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["claims", "report"])
def test_schemas_are_json(tmp_path: Path, kind: str) -> None:
    schema = json.loads(convergence("schema", kind, cwd=tmp_path).stdout)
    assert schema["type"] == "object"


def test_the_same_bits_for_any_number_of_jobs(tmp_path: Path) -> None:
    name = write(tmp_path, TRUE + FALSE + OPEN)
    outputs = {convergence("audit", name, "--json", "--jobs", jobs, cwd=tmp_path).stdout for jobs in ("1", "2")}
    assert len(outputs) == 1
