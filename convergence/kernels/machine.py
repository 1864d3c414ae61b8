"""Machine code from LLVM's language: compiled for this processor, kept on disk, called through ctypes.

ctypes lets go of Python's lock during a call, so that calls on different blocks of lanes run on several threads.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

DIGEST = 32
FLUSH = 0x8040  # MXCSR: flush-to-zero and denormals-are-zero
_MODES = 0x1F80  # MXCSR as programs begin: rounding to nearest, no exception


def cache_folder() -> Path:
    """Where compiled kernels are kept: $CONVERGENCE_CACHE, else the user's cache folder."""
    chosen = os.environ.get("CONVERGENCE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) / "kernels" if chosen else Path(base) / "convergence" / "kernels"


@cache
def _target() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)


@cache
def features() -> frozenset[str]:
    """LLVM's names of what this processor has beyond the least of its kind."""
    import llvmlite.binding as llvm

    return frozenset(name for name, present in llvm.get_host_cpu_features().items() if present)


@dataclass(frozen=True, slots=True)
class Function:
    """Loaded machine code; it is unloaded with the last reference to it."""

    address: Callable[..., None]
    engine: Any

    def __call__(self, pointers: int, numbers: int) -> None:
        """Run it on two addresses."""
        self.address(pointers, numbers)


@lru_cache(maxsize=256)
def function(text: str, name: str) -> Function:
    """The function of that name in a module's text; its arguments are two addresses, of pointers and of integers."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_of_engine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(_object(text)))
    engine.finalize_object()
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(engine.get_function_address(name))
    return Function(address=call, engine=engine)


def prepare(text: str) -> None:
    """Compile a module and keep it on disk, without loading it."""
    _object(text)


def _target_of_engine() -> Any:
    """A target machine of its own: an engine takes possession of it."""
    return _target.__wrapped__()


def _object(text: str) -> bytes:
    """The compiled module, from the disk if it is there unharmed."""
    import llvmlite
    import llvmlite.binding as llvm

    machine = ",".join((llvmlite.__version__, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()))
    path = cache_folder() / f"{sha256((machine + text).encode()).hexdigest()}.o"
    try:
        found = path.read_bytes()
        if sha256(found[DIGEST:]).digest() == found[:DIGEST]:
            return found[DIGEST:]
    except OSError:
        pass
    made = _compiled(text)
    _keep(path, sha256(made).digest() + made)
    return made


def _compiled(text: str) -> bytes:
    import llvmlite.binding as llvm

    target = _target()
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = llvm.get_default_triple(), str(target.target_data)
    module.verify()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    return target.emit_object(module)


def _keep(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; a folder that cannot be written keeps nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(content)
        Path(draft.name).replace(path)
    except OSError:
        return


_MXCSR = """
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
define void @exchange(ptr %new, ptr %old) {
  call void @llvm.x86.sse.stmxcsr(ptr %old)
  call void @llvm.x86.sse.ldmxcsr(ptr %new)
  ret void
}
"""


@cache
def usable() -> bool:
    """Whether code can be compiled here."""
    try:
        function("define void @nothing(ptr %a, ptr %b) {\n  ret void\n}\n", "nothing")
    except (ImportError, RuntimeError, OSError):
        return False
    return True


@cache
def _exchange() -> Callable[..., None] | None:
    """The function that sets this thread's floating-point modes and tells the old ones."""
    known = platform.machine().lower() in ("x86_64", "amd64")
    return function(_MXCSR, "exchange") if known and usable() else None


@contextmanager
def flushed() -> Iterator[None]:
    """Subnormal numbers count as zero on this thread, in NumPy's loops and in machine code alike (on x86-64).

    They are up to 75 times slower than others, and runs that converge to 0 would end in them.
    """
    exchange = _exchange()
    if exchange is None:
        yield
        return
    before, during, ignored = ctypes.c_uint32(), ctypes.c_uint32(_MODES | FLUSH), ctypes.c_uint32()
    exchange(ctypes.addressof(during), ctypes.addressof(before))
    try:
        yield
    finally:
        exchange(ctypes.addressof(before), ctypes.addressof(ignored))


def aligned(values: Any) -> Any:
    """A copy that begins at a multiple of 64 bytes."""
    array = np.asarray(values)
    room = np.empty(array.nbytes + 64, dtype=np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
