"""Opening neural models: which execution provider really starts, with how much memory, and where its caches live."""
