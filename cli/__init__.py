"""The `spoq` program: what a person at a terminal asks of the box."""
