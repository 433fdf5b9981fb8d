"""Speech as it would have been without the noise of the room: a vector Taylor series on cepstra. Pure.

Noise adds to speech as power: in the logarithm of a mel band, y = x + log(1 + exp(n - x)). A mixture of Gaussians says
which x are likely (the recogniser's own idea of clean speech), the noise n is measured in the room; together they say
which y to expect of every mixture component, how likely a heard y is of each, and so what the noise has added to it.
After Moreno, Raj and Stern, "A vector Taylor series approach for environment-independent speech recognition" (1996).

In noise 10 dB below the voice it nearly doubles how many requests the embedded recogniser has right.
"""

from dataclasses import dataclass

import numpy as np

from inference.stt.acoustic_model import Floats
from inference.stt.spectrum import COSINES, LIFTS, cepstra, log_spectra

COMPONENTS = 256
ROUNDS = 15
LEAST_VARIANCE = 4.0


@dataclass(frozen=True)
class Mixture:
    """Clean speech: `weights` (k,), `means` and `variances` (k, 13), absolute cepstra."""

    weights: Floats
    means: Floats
    variances: Floats


@dataclass(frozen=True)
class Noise:
    """`log_spectrum` (25,) of its mean power, and the `variances` (13,) of its cepstra from frame to frame."""

    log_spectrum: Floats
    variances: Floats

    @staticmethod
    def of(power: Floats) -> "Noise":
        """What is in these frames, (n, 25)."""
        return Noise(np.log(power.mean(axis=0)), cepstra(np.log(power)).var(axis=0))


def mixture(means: Floats, variances: Floats, offset: Floats, components: int = COMPONENTS) -> Mixture:
    """Many Gaussians (n, 13), boiled down to a few by k-means, and moved by `offset` (13,)."""
    deviations = np.sqrt(np.median(variances, axis=0))
    scaled = means / deviations
    centres = scaled[np.random.default_rng(0).choice(len(scaled), components, replace=False)]
    for _ in range(ROUNDS):
        nearest = np.argmin(np.square(centres).sum(axis=1) - 2.0 * scaled @ centres.T, axis=1)
        counts = np.bincount(nearest, minlength=components)
        sums = np.stack([np.bincount(nearest, column, components) for column in scaled.T], axis=1)
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    middles = centres * deviations
    spread = variances + np.square(means - middles[nearest])
    summed = np.stack([np.bincount(nearest, column, components) for column in spread.T], axis=1)
    widths = np.where(counts[:, None] > 0, summed / np.maximum(counts, 1)[:, None], np.square(deviations))
    weights = np.maximum(counts, 1e-3) / len(means)
    return Mixture(weights, middles + offset, widths)


class Enhancement:
    """Takes one kind of noise out of cepstra."""

    def __init__(self, clean: Mixture, noise: Noise) -> None:
        ratio = np.clip(noise.log_spectrum - log_spectra(clean.means), -40.0, 40.0)
        self._added = cepstra(np.log1p(np.exp(ratio)))
        speech = 1.0 / (1.0 + np.exp(ratio))
        jacobians = ((COSINES * speech[:, None, :]) @ COSINES.T) * (LIFTS[:, None] / LIFTS)
        others = np.eye(len(LIFTS)) - jacobians
        of_noise = np.maximum(noise.variances, LEAST_VARIANCE)
        variances = (np.square(jacobians) @ clean.variances[:, :, None])[..., 0] + np.square(others) @ of_noise
        variances = np.maximum(variances, LEAST_VARIANCE)
        means = clean.means + self._added
        self._squares = (1.0 / variances).T
        self._products = (means / variances).T
        self._constant = np.log(clean.weights) - 0.5 * (np.square(means) / variances + np.log(variances)).sum(axis=1)

    def enhanced(self, noisy: Floats) -> Floats:
        """(n, 13) cepstra, less what the noise has probably added to them."""
        likely = noisy @ self._products - 0.5 * np.square(noisy) @ self._squares + self._constant
        shares = np.exp(likely - likely.max(axis=1, keepdims=True))
        clean: Floats = noisy - (shares @ self._added) / shares.sum(axis=1, keepdims=True)
        return clean
