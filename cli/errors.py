"""What the command line tells a person when it cannot do something: one clear line, exit code 1."""


class CommandError(Exception):
    """The command could not be carried out; the message is the line that the person reads."""
