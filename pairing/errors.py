"""What can go wrong with pairing; each message is a sentence for whoever meets it. None repeats a code or a passphrase.

PairingError
├── BadRandomness          the random source is none
├── NotACode               this is no set-up code
├── NotASerial             this is no serial number
├── NotALabel              this QR code is not one of ours
├── FactoryDataError       the factory data can't be read or written
│   ├── NoFactoryData      there are none yet
│   ├── FactoryDataThere   there are some already
│   ├── FactoryDataDamaged they are not as they were written
│   └── FactoryDataNewer   a newer system wrote them
├── DiskError              the disk's factory partition can't be read or written
│   └── PartitionDamaged   there is something on it that can't be read
└── LabelError             the label can't be printed
"""


class PairingError(Exception):
    """The base of everything here."""


class BadRandomness(PairingError):
    """The random source gives the same bytes again and again."""


class NotACode(PairingError):
    """This is no set-up code, or one that anybody would try first."""


class NotASerial(PairingError):
    """This is no serial number."""


class NotALabel(PairingError):
    """This QR code is not one of ours, or of a newer kind."""


class FactoryDataError(PairingError):
    """The factory data can't be read or written."""


class NoFactoryData(FactoryDataError):
    """There are no factory data yet: the box makes its own, or a factory does."""


class FactoryDataThere(FactoryDataError):
    """There are factory data already, and a label that fits them."""


class FactoryDataDamaged(FactoryDataError):
    """What is there was not written so. It is never replaced unasked: the box's label would be worthless."""


class FactoryDataNewer(FactoryDataError):
    """A newer system wrote them."""


class DiskError(PairingError):
    """The disk's factory partition can't be read or written."""


class PartitionDamaged(DiskError):
    """There is something on the factory partition that can't be read."""


class LabelError(PairingError):
    """The label can't be printed, or would overwrite one."""
