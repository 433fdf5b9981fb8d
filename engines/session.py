"""One ONNX session on the execution provider that really starts.

onnxruntime lists providers whose libraries cannot be loaded, warns, and silently falls back to the next one. So each
provider is tried by itself, and what counts is what the opened session says it runs on. Sessions are lean by default:
one thread, no memory arena, because the models here are small and many daemons share the box.
"""

import importlib.util
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime

from engines.errors import ModelMissing, NoProvider

log = logging.getLogger(__name__)

TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
PREFERENCE = (TENSORRT, CUDA, CPU)

FATAL_ONLY = 4
"""onnxruntime's log level: a provider that cannot start is reported by us, in one line."""


class Session(Protocol):
    """The part of `onnxruntime.InferenceSession` that is used."""

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]: ...

    def get_providers(self) -> Sequence[str]: ...

    def get_inputs(self) -> Sequence[Any]: ...


class Runtime(Protocol):
    """What onnxruntime offers: the providers it lists, and a session on some of them."""

    def available(self) -> Sequence[str]: ...

    def open(self, path: Path, providers: Sequence[tuple[str, Mapping[str, Any]]], threads: int) -> Session: ...


@dataclass(frozen=True)
class Opened:
    """A session that runs, and the provider it runs on."""

    session: Session
    provider: str


class OnnxRuntime:
    """The real one."""

    def available(self) -> Sequence[str]:
        return tuple(onnxruntime.get_available_providers())

    def open(self, path: Path, providers: Sequence[tuple[str, Mapping[str, Any]]], threads: int) -> Session:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = FATAL_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        listed = [(name, dict(settings)) for name, settings in providers]
        session: Session = onnxruntime.InferenceSession(str(path), options, providers=listed)
        return session


def packaged(package: str, place: str) -> Path:
    """Where a model lies that comes inside the wheel of `package`, which is not imported.

    Raises:
        ModelMissing: it is not installed.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / place
        if path.exists():
            return path
    raise ModelMissing(f"{ModelMissing.__doc__} ({package}: {place})")


def open_session(
    path: Path,
    cache: Path | None = None,
    threads: int = 1,
    preference: Sequence[str] = PREFERENCE,
    runtime: Runtime | None = None,
) -> Opened:
    """The model at `path` on the first provider of `preference` that really starts.

    `cache` keeps what a provider builds for this computer (TensorRT engines); without one it is built at every start.

    Raises:
        ModelMissing: no file at `path`.
        NoProvider: the file cannot be run at all.
    """
    if not path.is_file():
        raise ModelMissing(f"{ModelMissing.__doc__} ({path.name})")
    runtime = runtime or OnnxRuntime()
    listed = set(runtime.available())
    reasons = []
    for provider in preference:
        if provider not in listed:
            continue
        session, reason = _try(runtime, path, provider, cache, threads)
        if session is not None:
            return Opened(session, provider)
        reasons.append(f"{provider}: {reason}")
        log.warning("%s does not start %s: %s", provider, path.name, reason)
    raise NoProvider(f"{NoProvider.__doc__} ({path.name}; {'; '.join(reasons) or 'none is installed'})")


def _try(runtime: Runtime, path: Path, provider: str, cache: Path | None, threads: int) -> tuple[Session | None, str]:
    try:
        session = runtime.open(path, _with_fallback(provider, cache), threads)
    except Exception as error:  # onnxruntime raises a dozen unrelated types, RuntimeError among them
        return None, (str(error).strip().splitlines() or [type(error).__name__])[0]
    running = tuple(session.get_providers())
    if not running or running[0] != provider:
        return None, f"it fell back to {', '.join(running) or 'nothing'}"
    return session, ""


def _with_fallback(provider: str, cache: Path | None) -> list[tuple[str, Mapping[str, Any]]]:
    """The provider with its settings, and behind it what runs the operators that it does not know."""
    chain = [name for name in PREFERENCE if PREFERENCE.index(name) > _rank(provider)]
    return [(name, _settings(name, cache)) for name in (provider, *chain)]


def _rank(provider: str) -> int:
    return PREFERENCE.index(provider) if provider in PREFERENCE else len(PREFERENCE)


def _settings(provider: str, cache: Path | None) -> Mapping[str, Any]:
    """Settings from onnxruntime's pages on the TensorRT and CUDA providers."""
    if provider == TENSORRT and cache is not None:
        return {
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": str(cache),
            "trt_timing_cache_enable": True,
            "trt_timing_cache_path": str(cache),
            "trt_fp16_enable": True,
        }
    if provider == CUDA:
        return {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    return {}


Opener = Callable[[Path], Opened]
