"""How looking for Wi-Fi, or joining it, ended: as a box says it, and the error that the device makes of it. Pure."""

from collections.abc import Iterable

from pairing import errors
from pairing import messages_pb2 as pb
from pairing.errors import JoinFailed, WifiError
from pairing.messages import MOST_NETWORKS
from pairing.wifi import Network, Security

OUTCOMES: dict[type[WifiError], pb.WifiOutcome] = {
    errors.WrongPassword: pb.WRONG_PASSWORD,
    errors.NetworkNotFound: pb.NOT_FOUND,
    errors.UnsupportedNetwork: pb.NOT_SUPPORTED,
    errors.NoAddress: pb.NO_ADDRESS,
    errors.JoinTooSlow: pb.NOT_IN_TIME,
    errors.NotANetwork: pb.NOT_A_NETWORK,
    errors.AlreadyJoining: pb.ALREADY_JOINING,
    errors.NoRadio: pb.NO_RADIO,
    errors.JoinFailed: pb.NOT_JOINED,
}
SECURITY = {
    Security.OPEN: pb.OPEN,
    Security.WPA2: pb.WPA2,
    Security.WPA3: pb.WPA3,
    Security.UNSUPPORTED: pb.UNSUPPORTED,
}
OF_SECURITY = {told: security for security, told in SECURITY.items()}


def of(error: WifiError) -> pb.WifiOutcome:
    """What the device is told."""
    return next((OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES), pb.NOT_JOINED)


def check(outcome: pb.WifiOutcome) -> None:
    """Raises WifiError, as the box says."""
    if outcome != pb.DONE:
        raise next((kind() for kind, told in OUTCOMES.items() if told == outcome), JoinFailed())


def seen(networks: Iterable[Network]) -> pb.WifiSeen:
    """What the radio sees, for a device."""
    told = [
        pb.WifiNetwork(ssid=each.ssid, strength=each.strength, security=SECURITY[each.security]) for each in networks
    ]
    return pb.WifiSeen(outcome=pb.DONE, networks=told[:MOST_NETWORKS])


def networks(seen: pb.WifiSeen) -> list[Network]:
    """As a box says. Raises WifiError."""
    check(seen.outcome)
    return [
        Network(each.ssid, each.strength, OF_SECURITY.get(each.security, Security.UNSUPPORTED))
        for each in seen.networks
    ]
