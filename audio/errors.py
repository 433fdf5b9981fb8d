"""What can go wrong with sound.

AudioError
 ├─ UnknownClip      a clip was asked for that the box does not keep
 ├─ UnusableSpeech   the voice engine sent something that cannot be played
 ├─ UnknownWakeWord  the settings name a wake word that there is no model for
 ├─ CardRefused      the sound card can't be opened
 └─ UnusableHead     the weights of a detector are missing or damaged
"""


class AudioError(Exception):
    """Something went wrong with the microphone or the speaker."""


class UnknownClip(AudioError):
    """The box does not keep such a clip."""


class UnusableSpeech(AudioError):
    """The voice engine sent something that can't be played."""


class UnknownWakeWord(AudioError):
    """There is no model for a wake word that the settings name."""


class CardRefused(AudioError):
    """The sound card can't be opened."""


class UnusableHead(AudioError):
    """The weights of a detector are missing or damaged."""


class CardHangs(AudioError):
    """The sound card's driver does not come back: only a new process can use the card again."""
