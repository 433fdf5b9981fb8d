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
├── GuessesUnreadable      nobody can say, or write down, how many wrong codes there were
├── LabelError             the label can't be printed
├── WifiError              the box's Wi-Fi does not do what somebody wants
│   ├── NotANetwork        no network is called so, or has such a password
│   ├── NoRadio            there is no Wi-Fi in this box, or nobody answers for it
│   ├── AlreadyJoining     somebody else is joining a network
│   └── JoinFailed         it could not be joined
│       ├── WrongPassword
│       ├── NetworkNotFound
│       ├── UnsupportedNetwork
│       ├── NoAddress
│       └── JoinTooSlow
├── NotNow                 no device may try to pair just now
│   ├── WindowClosed       nobody has asked for one
│   ├── Busy               another one is trying
│   ├── TooSoon            wrong guesses have to be waited for
│   └── LockedOut          there were too many of them
└── RunFailed              this run of pairing can't go on
    ├── Malformed          what the other side sent is no message, or none that fits here
    │   └── BadShare       it is no share of this exchange
    ├── OtherVersion       the other side speaks another version
    ├── WrongCode          the two sides do not know the same code
    ├── WrongBox           it is another box than the one whose label was scanned
    ├── WrongKey           the other side has not the key of its hello
    ├── NotSealed          what the other side sent was not sealed for this place
    ├── TooSlow            the run took too long
    ├── HouseholdFull      there is no room for another device
    └── BoxFailed          the box can't go on, for a reason of its own
"""


class PairingError(Exception):
    """The base of everything here. Without words of its own an error says its docstring."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.__doc__)


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


class GuessesUnreadable(PairingError):
    """The number of wrong codes can't be read or written: no device can be paired until a press of the button."""


class LabelError(PairingError):
    """The label can't be printed, or would overwrite one."""


class WifiError(PairingError):
    """The box's Wi-Fi does not answer."""


class NotANetwork(WifiError):
    """No network is called so."""


class NoRadio(WifiError):
    """This box has no Wi-Fi, or it does not answer."""


class AlreadyJoining(WifiError):
    """The box is joining a network already. Try again in a moment."""


class JoinFailed(WifiError):
    """The network could not be joined."""


class WrongPassword(JoinFailed):
    """That is not this network's password."""


class NetworkNotFound(JoinFailed):
    """The box can't see a network of that name here."""


class UnsupportedNetwork(JoinFailed):
    """The box can't join this kind of network: it wants a user name, or a protection that is too old."""


class NoAddress(JoinFailed):
    """The box was let in, but the network gave it no address."""


class JoinTooSlow(JoinFailed):
    """The network did not answer in time."""


class NotNow(PairingError):
    """No device may try to pair just now."""


class WindowClosed(NotNow):
    """The box takes no new device now. Hold its button for three seconds, and let go."""


class Busy(NotNow):
    """Another device is being paired. Try again in a minute."""


class TooSoon(NotNow):
    """The code was wrong a few times, so the box waits."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"The code was wrong a few times. Try again in {seconds} s.")
        self.seconds = seconds


class LockedOut(NotNow):
    """The code was wrong too often. Press the box's button to go on."""


class RunFailed(PairingError):
    """This run of pairing can't go on; another may."""


class Malformed(RunFailed):
    """What the other side sent makes no sense here."""


class BadShare(Malformed):
    """What the other side sent makes no sense in this exchange."""


class OtherVersion(RunFailed):
    """One of the two is too old to pair with the other. Update it, and try again."""


class WrongCode(RunFailed):
    """That is not this box's code."""


class WrongBox(RunFailed):
    """This is not the box whose label was scanned."""


class WrongKey(RunFailed):
    """The other side is not who it said it was."""


class NotSealed(RunFailed):
    """Somebody changed what was said."""


class TooSlow(RunFailed):
    """That took too long. Try again."""


class HouseholdFull(RunFailed):
    """This box has all the devices that it takes. Its owner can remove one."""


class BoxFailed(RunFailed):
    """The box can't take a device just now."""
