"""What can go wrong when a model is opened.

EngineError
 ├─ ModelMissing     there is no file at the model's path
 └─ NoProvider       the file is there, but no execution provider can run it
"""


class EngineError(Exception):
    """A model could not be opened."""


class ModelMissing(EngineError):
    """A model file is missing. Reinstall Spoq or the model pack that it belongs to."""


class NoProvider(EngineError):
    """No execution provider of this computer can run the model. Its file may be damaged."""
