"""Moonshine: a neural recogniser that reads sound (16 kHz) and writes subwords, one after the other.

An encoder turns an utterance into states, a decoder gives the probability of the next subword after those so far. The
model is the tiny English one (27 million weights of 8 bits) inside moonshine-voice's wheel; it is found without
importing that package. Paper: Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice
Commands", 2024.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.session import CPU, Session, open_session, packaged
from inference.errors import EngineFailed
from inference.stt.protocol import Samples
from inference.stt.subwords import BEGIN, Ids, Subwords

Floats = NDArray[np.float32]

SHORTEST_SAMPLES = 1600
"""The encoder's windows need some sound."""
LAYERS = 6
PAST = [
    f"{layer}.{half}.{kind}" for layer in range(LAYERS) for half in ("decoder", "encoder") for kind in ("key", "value")
]
LOGITS = "logits"


@dataclass(frozen=True)
class Encoded:
    """One utterance. `states`: (1, t, 288). `voiced_s`: how long somebody speaks in it, as far as that is known."""

    states: Floats
    samples: int
    voiced_s: float = 0.0


def model_folder() -> Path:
    """Where the model lies. Raises engines.errors.ModelMissing."""
    return packaged("moonshine_voice", "assets/tiny-en")


class Moonshine:
    """The model; holds nothing of what it heard. Belongs to one thread at a time."""

    def __init__(self, encoder: Session, decoder: Session, subwords: Subwords) -> None:
        self.subwords = subwords
        self._encoder = encoder
        self._decoder = decoder

    @staticmethod
    def opened(folder: Path | None = None) -> "Moonshine":
        """On the CPU, for which its weights are quantised.

        Raises:
            EngineError: the wheel that carries the model is not installed, or damaged.
            ValueError: its vocabulary is.
        """
        folder = folder or model_folder()
        encoder, decoder = (
            open_session(folder / f"{name}.ort", preference=(CPU,)).session
            for name in ("encoder_model", "decoder_model_merged")
        )
        return Moonshine(encoder, decoder, Subwords.read(folder / "tokenizer.bin"))

    def encode(self, samples: Samples) -> Encoded:
        """Listen to a whole utterance; 5 ms a second of sound on one x86-64 core.

        Raises:
            EngineFailed: the model cannot be run.
        """
        sound = np.zeros((1, max(len(samples), SHORTEST_SAMPLES)), np.float32)
        sound[0, : len(samples)] = samples.astype(np.float32) / 32768
        (states,) = _run(
            self._encoder,
            ["last_hidden_state"],
            {"input_values": sound, "attention_mask": np.ones(sound.shape, np.int64)},
        )
        return Encoded(states, sound.shape[1])

    def score(self, encoded: Encoded, ids: Ids) -> Floats:
        """Log probabilities (len(ids) + 1, pieces) of what follows after each of the subwords, the first after none."""
        feed = self._feed(encoded.states, encoded.samples, np.array([(BEGIN, *ids)], np.int64))
        feed |= {f"past_key_values.{name}": np.zeros((1, 8, 0, 36), np.float32) for name in PAST}
        (logits,) = _run(self._decoder, [LOGITS], feed | {"use_cache_branch": np.array([False])})
        return _log_softmax(logits[0])

    def decode(self, encoded: Encoded, most: int) -> "Decoding":
        """Begin to write, with up to `most` versions at once."""
        return Decoding(self, encoded, most)

    def _feed(self, states: Floats, samples: int, ids: NDArray[np.int64]) -> dict[str, Any]:
        mask = np.ones((len(ids), samples), np.int64)
        return {"encoder_attention_mask": mask, "input_ids": ids, "encoder_hidden_states": states}


class Decoding:
    """Several versions of one text, written in step."""

    def __init__(self, model: Moonshine, encoded: Encoded, most: int) -> None:
        self._model = model
        self._samples = encoded.samples
        feed = model._feed(encoded.states, encoded.samples, np.array([[BEGIN]], np.int64))
        feed |= {f"past_key_values.{name}": np.zeros((1, 8, 0, 36), np.float32) for name in PAST}
        names = [f"present.{name}" for name in PAST]
        logits, *past = _run(model._decoder, [LOGITS, *names], feed | {"use_cache_branch": np.array([False])})
        self.first = _log_softmax(logits[:, -1])
        """Log probabilities (1, pieces) of the first subword."""
        self._past = dict(zip(PAST, past, strict=True))
        self._states = np.repeat(encoded.states, most, axis=0)
        self._heard = {name: np.repeat(self._past[name], most, axis=0) for name in PAST if "encoder" in name}

    def step(self, parents: Sequence[int], ids: Sequence[int]) -> Floats:
        """Go on with each version `parents[i]` by subword `ids[i]`; log probabilities (n, pieces) of what is next."""
        count = len(ids)
        written = [name for name in PAST if "decoder" in name]
        feed = self._model._feed(self._states[:count], self._samples, np.array(ids, np.int64)[:, None])
        feed |= {f"past_key_values.{name}": self._past[name][list(parents)] for name in written}
        feed |= {f"past_key_values.{name}": values[:count] for name, values in self._heard.items()}
        names = [f"present.{name}" for name in written]
        logits, *past = _run(self._model._decoder, [LOGITS, *names], feed | {"use_cache_branch": np.array([True])})
        self._past |= dict(zip(written, past, strict=True))
        return _log_softmax(logits[:, -1])


def _run(session: Session, names: list[str], feed: dict[str, Any]) -> list[Any]:
    try:
        return session.run(names, feed)
    except Exception as error:  # onnxruntime raises a dozen unrelated types, RuntimeError among them
        raise EngineFailed(str(error).strip().splitlines()[0]) from error


def _log_softmax(logits: Floats) -> Floats:
    logits = logits - logits.max(axis=-1, keepdims=True)
    result: Floats = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return result
