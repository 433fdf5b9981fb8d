/** The error that a device makes of how looking for Wi-Fi, or joining it, ended, as in pairing/outcomes.py. Pure. */

import { PairingError, type Trouble } from "./errors";
import { WifiOutcome } from "./messages_pb";

const TROUBLES: ReadonlyMap<WifiOutcome, Trouble> = new Map<WifiOutcome, Trouble>([
  [WifiOutcome.WRONG_PASSWORD, "WrongPassword"],
  [WifiOutcome.NOT_FOUND, "NetworkNotFound"],
  [WifiOutcome.NOT_SUPPORTED, "UnsupportedNetwork"],
  [WifiOutcome.NO_ADDRESS, "NoAddress"],
  [WifiOutcome.NOT_IN_TIME, "JoinTooSlow"],
  [WifiOutcome.NOT_A_NETWORK, "NotANetwork"],
  [WifiOutcome.ALREADY_JOINING, "AlreadyJoining"],
  [WifiOutcome.NO_RADIO, "NoRadio"],
]);

/** Throws PairingError, as the box says. */
export function check(outcome: WifiOutcome): void {
  if (outcome !== WifiOutcome.DONE) {
    throw new PairingError(TROUBLES.get(outcome) ?? "JoinFailed");
  }
}
