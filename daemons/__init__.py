"""Composition only: one short module per unit, what every daemon shares (`runtime`), and the development runner."""
