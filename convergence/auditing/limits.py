"""A limit of processor time for searches, so that a busy machine changes no verdict."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from convergence.errors import NumericLimit


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Raise `NumericLimit` inside the block once this process has used that much processor time.

    Where no timer signal can be had (another thread, another system), the block runs without a limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise NumericLimit(f"stopped after {seconds:g} s of processor time")

    previous = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
