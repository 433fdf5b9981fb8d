"""The language model: a small streaming protocol, an OpenAI-compatible engine, and sentences as they come."""
