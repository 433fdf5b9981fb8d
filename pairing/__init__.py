"""Pairing: the factory data of a box and its label; later the channel in which a device is paired."""
