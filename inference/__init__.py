"""The engines: speech to text with the deciding voice activity beside it, text to speech, language model."""
