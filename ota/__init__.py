"""Updates: the two slots and, later, what is written into them."""
