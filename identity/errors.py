"""What goes wrong with the box's identity."""


class IdentityError(Exception):
    """The box's keys are not usable."""
