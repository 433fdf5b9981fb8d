# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of its own that keeps libespeak-ng (GPL-3.0) resident: text in at stdin, PCM out at stdout.

Run by `inference.tts.espeak` as a separate process and never imported: nothing of the library is linked into Spoq.

    request   u32 number, u16 words a minute, u16 pitch (0 … 100), u16 voice bytes, u32 text bytes, voice, text (UTF-8)
    answer    u32 number, u32 bytes, PCM (s16le mono at the rate below); 0 bytes end it, 0xFFFFFFFF: it failed
    first     at start: u32 sample rate

All integers are little-endian.
"""

import ctypes
import struct
import sys

REQUEST = struct.Struct("<IHHHI")
ANSWER = struct.Struct("<II")
FAILED = 0xFFFFFFFF
AUDIO_OUTPUT_SYNCHRONOUS = 2
BUFFER_MS = 40
RATE, PITCH = 1, 3
CHARS_UTF8 = 1
MAX_TEXT_BYTES = 16_384
LIBRARIES = ("libespeak-ng.so.1", "libespeak-ng.so")


def main() -> int:
    library = _load()
    if library is None:
        return 3
    rate = library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, None, 0)
    if rate <= 0:
        return 4
    out, source = sys.stdout.buffer, sys.stdin.buffer
    number = 0

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def on_sound(samples, count, _events):  # type: ignore[no-untyped-def]
        if samples and count > 0:
            pcm = ctypes.string_at(samples, count * 2)
            out.write(ANSWER.pack(number, len(pcm)) + pcm)
            out.flush()
        return 0

    library.espeak_SetSynthCallback(on_sound)
    out.write(struct.pack("<I", rate))
    out.flush()
    voice = b""
    while header := source.read(REQUEST.size):
        number, words_per_minute, pitch, voice_bytes, text_bytes = REQUEST.unpack(header)
        if text_bytes > MAX_TEXT_BYTES:
            return 5
        wanted, text = source.read(voice_bytes), source.read(text_bytes)
        good = wanted == voice or library.espeak_SetVoiceByName(wanted) == 0
        voice = wanted if good else b""
        library.espeak_SetParameter(RATE, words_per_minute, 0)
        library.espeak_SetParameter(PITCH, pitch, 0)
        good = good and library.espeak_Synth(text + b"\0", len(text) + 1, 0, 1, 0, CHARS_UTF8, None, None) == 0
        out.write(ANSWER.pack(number, 0 if good else FAILED))
        out.flush()
    return 0


def _load() -> ctypes.CDLL | None:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


if __name__ == "__main__":
    sys.exit(main())
