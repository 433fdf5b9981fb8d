"""A small network, trained in plain numpy: standardised inputs, layers with rectifiers, one logit out. Pure.

Training is by Adam on the weighted log loss, in batches drawn with a seed. Negatives that the network takes for
positives count more with every epoch, and the weights of the epoch that misses least of the validation part are kept.
"""

import logging
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.stopword import MEL_BINS, Head

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
STRICT = 0.003
Layers = list[Floats]
"""Weights and biases in turn."""


@dataclass(frozen=True)
class Recipe:
    """How to train. `hardness` is how much more a negative counts that is taken for a positive with certainty."""

    hidden: tuple[int, ...] = (256, 64)
    batch: int = 512
    epochs: int = 12
    patience: int = 4
    rate: float = 1e-3
    decay: float = 1e-3
    jitter: float = 0.2
    slant: float = 0.3
    dropped: float = 0.4
    hardness: float = 1.0
    seed: int = 7


@dataclass(frozen=True)
class Part:
    """Inputs (count, width), labels 0 or 1, and how much each counts."""

    inputs: Floats
    labels: Floats
    weights: Floats


def train(training: Part, validation: Part, rows: int, recipe: Recipe = Recipe()) -> Head:
    """A head that looks at `rows` of the mel spectrogram; its threshold is yet to be chosen."""
    numbers = np.random.default_rng(recipe.seed)
    mean = training.inputs.mean(axis=0)
    scale = training.inputs.std(axis=0) + 1e-3
    inputs = (training.inputs - mean) / scale
    layers = _fresh((inputs.shape[1], *recipe.hidden, 1), numbers)
    adam = _Adam(layers, recipe)
    weights = training.weights.copy()
    best, least_missed, waited = [each.copy() for each in layers], np.inf, 0
    for epoch in range(recipe.epochs):
        adam.rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * epoch / recipe.epochs))
        order = numbers.permutation(len(inputs))
        for at in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[at : at + recipe.batch]
            noisy = inputs[chosen] + recipe.jitter * numbers.standard_normal(
                (recipe.batch, inputs.shape[1]), np.float32
            )
            adam.step(_gradients(layers, noisy, training.labels[chosen], weights[chosen], recipe.dropped, numbers))
        missed = _missed(layers, (validation.inputs - mean) / scale, validation)
        log.info("epoch %d: %.3f of the hops missed", epoch, missed)
        waited = 0 if missed < least_missed else waited + 1
        if missed < least_missed:
            best, least_missed = [each.copy() for each in layers], missed
        if waited > recipe.patience:
            break
        likely = _likely(_forward(layers, inputs)[-1])
        weights = training.weights * np.where(training.labels > 0, 1.0, 1.0 + recipe.hardness * likely)
    pairs = tuple((best[at], best[at + 1]) for at in range(0, len(best), 2))
    return Head(mean, scale, pairs, 0.5, rows)


def save(head: Head, path: Path) -> None:
    """As `Head.load` reads it; weights in half precision."""
    arrays: dict[str, Any] = {
        f"weights_{number}": weights.astype(np.float16) for number, (weights, _) in enumerate(head.layers)
    }
    arrays |= {f"biases_{number}": biases for number, (_, biases) in enumerate(head.layers)}
    np.savez(path, mean=head.mean, scale=head.scale, threshold=np.float32(head.threshold), rows=head.rows, **arrays)


def _varied(inputs: Floats, rows: int, recipe: Recipe, numbers: np.random.Generator) -> Floats:
    """The same said a little earlier or later, higher or lower, and through a brighter or duller microphone."""
    if not rows:
        return inputs
    pairs = rows // 2
    mel = inputs[:, -pairs * MEL_BINS :].reshape(-1, pairs, MEL_BINS)
    mel = np.roll(mel, (numbers.integers(-1, 2), numbers.integers(-1, 2)), axis=(1, 2))
    slant = np.linspace(-1, 1, MEL_BINS, dtype=np.float32)
    mel = mel + recipe.slant * numbers.standard_normal((len(mel), 1, 1), np.float32) * slant
    return np.concatenate([inputs[:, : -pairs * MEL_BINS], mel.reshape(len(mel), -1)], axis=1)


def _fresh(widths: tuple[int, ...], numbers: np.random.Generator) -> Layers:
    layers: Layers = []
    for width, following in pairwise(widths):
        layers.append((numbers.standard_normal((width, following)) * np.sqrt(2 / width)).astype(np.float32))
        layers.append(np.zeros(following, np.float32))
    return layers


def _forward(layers: Layers, inputs: Floats) -> list[Floats]:
    """What each layer puts out, the inputs first."""
    outputs = [inputs]
    for at in range(0, len(layers), 2):
        sums = outputs[-1] @ layers[at] + layers[at + 1]
        outputs.append(sums if at == len(layers) - 2 else np.maximum(sums, 0))
    return outputs


def _gradients(
    layers: Layers, inputs: Floats, labels: Floats, weights: Floats, dropped: float, numbers: np.random.Generator
) -> Layers:
    outputs, masks = [inputs], []
    for at in range(0, len(layers) - 2, 2):
        hidden = np.maximum(outputs[-1] @ layers[at] + layers[at + 1], 0)
        masks.append(((numbers.random(hidden.shape, np.float32) >= dropped) / (1 - dropped)).astype(np.float32))
        outputs.append(hidden * masks[-1])
    logits = (outputs[-1] @ layers[-2] + layers[-1])[:, 0]
    back = ((_likely(logits) - labels) * weights / weights.sum())[:, None].astype(np.float32)
    gradients: Layers = []
    for at in range(len(layers) - 2, -1, -2):
        before = outputs[at // 2]
        gradients = [before.T @ back, back.sum(axis=0), *gradients]
        if at:
            back = (back @ layers[at].T) * (before > 0) * masks[at // 2 - 1]
    return gradients


def _likely(logits: Floats) -> Floats:
    likely: Floats = (1 / (1 + np.exp(-np.clip(logits.reshape(-1), -30, 30)))).astype(np.float32)
    return likely


def _missed(layers: Layers, inputs: Floats, part: Part) -> float:
    """The share of positives below the threshold at which negatives of `STRICT` of their weight are above it."""
    likely = _forward(layers, inputs)[-1].reshape(-1)
    negative = np.flatnonzero(part.labels == 0)
    highest = negative[np.argsort(-likely[negative])]
    passed = np.searchsorted(np.cumsum(part.weights[highest]), STRICT * part.weights[highest].sum())
    return float((likely[part.labels > 0] <= likely[highest[passed]]).mean())


class _Adam:
    """Kingma and Ba, with decay of the weights apart from the gradient (Loshchilov and Hutter). Changes `layers`."""

    def __init__(self, layers: Layers, recipe: Recipe) -> None:
        self.rate = recipe.rate
        self._layers = layers
        self._decay = recipe.decay
        self._first = [np.zeros_like(layer) for layer in layers]
        self._second = [np.zeros_like(layer) for layer in layers]
        self._steps = 0

    def step(self, gradients: Layers) -> None:
        self._steps += 1
        for layer, gradient, first, second in zip(self._layers, gradients, self._first, self._second, strict=True):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            step = (first / (1 - 0.9**self._steps)) / (np.sqrt(second / (1 - 0.999**self._steps)) + 1e-8)
            layer -= self.rate * (step + (self._decay * layer if layer.ndim > 1 else 0))
