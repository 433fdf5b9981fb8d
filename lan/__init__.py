"""The home's network: by which addresses the box is there, how it says so, and whom it lets connect (a library)."""
