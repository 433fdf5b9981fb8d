"""The microphone and the speaker: capture, echo cancellation, wake and stop words, pre-roll and mute on the way in;
the mixer, its clips and what sounds when on the way out.

Positions count 16 kHz mono samples of one capture stream; what sounds is 48 kHz mono.
"""
