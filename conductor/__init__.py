"""The conductor: the turn and its endpoint, what is meant, what is done and what is said back."""
