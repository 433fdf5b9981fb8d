"""What can go wrong with sound.

AudioError
 ├─ UnknownClip     a clip was asked for that the box does not keep
 └─ UnusableSpeech  the voice engine sent something that cannot be played
"""


class AudioError(Exception):
    """Something went wrong with the microphone or the speaker."""


class UnknownClip(AudioError):
    """The box does not keep such a clip."""


class UnusableSpeech(AudioError):
    """The voice engine sent something that can't be played."""
