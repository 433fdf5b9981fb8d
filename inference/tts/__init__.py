"""Text to speech: the protocol, the embedded voice, its cache, and how numbers are read."""
