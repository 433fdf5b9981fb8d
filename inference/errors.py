"""What can go wrong in the engines.

InferenceError
 ├─ EngineFailed       an engine died or answered nonsense; a fresh one takes the next turn
 ├─ ModelUnavailable   a model that an engine needs is not installed
 └─ VocabularyRefused  a vocabulary that cannot be compiled
"""


class InferenceError(Exception):
    """Something went wrong in an engine."""


class EngineFailed(InferenceError):
    """A speech engine failed. The next turn gets a fresh one."""


class ModelUnavailable(InferenceError):
    """A model that this engine needs is not installed."""


class VocabularyRefused(InferenceError):
    """The vocabulary could not be understood; the previous one stays in use."""
