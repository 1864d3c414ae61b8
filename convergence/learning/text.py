"""Text for language models, in Penn Treebank's format: words between blanks, one sentence a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from convergence.errors import DataError
from convergence.learning.data import PARTS, Data, InMemory, digest

FILES = {"train": "ptb.train.txt", "validation": "ptb.valid.txt", "test": "ptb.test.txt"}
END = "<eos>"
UNKNOWN = "<unk>"
WHERE = "Penn Treebank as Mikolov prepared it (ptb.train.txt, ptb.valid.txt, ptb.test.txt) has to be fetched by hand"


def text(path: Path | str, places: int = 35) -> Data:
    """Rows of `places` words, each with the words that follow them as targets.

    A folder holds Penn Treebank's three files; of a single file the last two tenths of the lines are for validation
    and test. Words are numbered in the order in which the training part brings them; rows do not overlap, and a
    model starts each without memory of the one before, so that perplexities are a little higher than with it.

    Args:
        path: the folder or the file.
        places: words in a row; 35 in Zaremba et al. (2014).

    Raises:
        DataError: if there is no such text, it is too short, or a word is unknown and there is no ``<unk>``.
    """
    words = {part: _words(lines) for part, lines in _lines(Path(path)).items()}
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words["train"]))}
    known = {part: _numbered(words[part], numbers, path) for part in PARTS}
    rows = {part: _rows(known[part], places, path) for part in PARTS}
    parts = {part: InMemory(inputs=row[0], targets=row[1]) for part, row in rows.items()}
    contents = [array.numpy() for part in parts.values() for array in (part.inputs, part.targets)]
    identity = digest(*contents, np.array(list(numbers)))
    return Data(name=Path(path).stem, shape=(places,), classes=len(numbers), identity=identity, **parts)


def _lines(path: Path) -> Mapping[str, Sequence[str]]:
    if path.is_dir():
        missing = [name for name in FILES.values() if not (path / name).is_file()]
        if missing:
            raise DataError(f"{path}: no {', '.join(missing)}; {WHERE}")
        return {part: _read(path / name) for part, name in FILES.items()}
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder; {WHERE}")
    lines = _read(path)
    first, second = (len(lines) * 8) // 10, (len(lines) * 9) // 10
    return dict(zip(PARTS, (lines[:first], lines[first:second], lines[second:]), strict=True))


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as text in UTF-8: {error}") from None


def _words(lines: Sequence[str]) -> list[str]:
    return [word for line in lines if line.strip() for word in (*line.split(), END)]


def _numbered(words: Sequence[str], numbers: Mapping[str, int], path: Path | str) -> np.ndarray:
    unknown = next((word for word in words if word not in numbers), None)
    if unknown is not None and UNKNOWN not in numbers:
        raise DataError(
            f"{path}: the word {unknown!r} is not in the training part; write rare words as {UNKNOWN} there, as Penn "
            "Treebank does"
        )
    default = numbers.get(UNKNOWN, -1)
    return np.array([numbers.get(word, default) for word in words], dtype=np.int64)


def _rows(words: np.ndarray, places: int, path: Path | str) -> tuple[torch.Tensor, torch.Tensor]:
    count = (len(words) - 1) // places
    if count < 1:
        raise DataError(f"{path}: expected at least {places + 1} words in each part, found {len(words)}")
    used = torch.from_numpy(words)
    return used[: count * places].view(count, places), used[1 : count * places + 1].view(count, places)
