"""What can go wrong in the engines.

InferenceError
 ├─ EngineFailed       an engine died or answered nonsense; a fresh one takes the next turn
 ├─ VoiceFailed        a sentence could not be spoken; a fresh voice takes the next one
 ├─ CompletionFailed   a language model did not answer
 │   ├─ NoModel        … because none is configured
 │   └─ ModelUnreachable  … because its server can't be reached
 └─ VocabularyRefused  a vocabulary that cannot be compiled
"""


class InferenceError(Exception):
    """Something went wrong in an engine."""


class EngineFailed(InferenceError):
    """A speech engine failed. The next turn gets a fresh one."""


class VocabularyRefused(InferenceError):
    """The vocabulary could not be understood; the previous one stays in use."""


class VoiceFailed(InferenceError):
    """The voice failed, and was started anew."""


class CompletionFailed(InferenceError):
    """The language model gave no answer."""

    reason = "failed"


class NoModel(CompletionFailed):
    """No language model is configured: set `url` and `model` in `[inference.llm]`."""

    reason = "no_model"


class ModelUnreachable(CompletionFailed):
    """The language model's server can't be reached."""

    reason = "unreachable"
