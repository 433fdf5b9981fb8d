"""The home's network: by which addresses the box is there, and how it says so (a library)."""
