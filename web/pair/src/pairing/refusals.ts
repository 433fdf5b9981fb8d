/** The error that a device makes of a box's refusal, as in pairing/refusals.py. Pure. */

import { PairingError, type Trouble } from "./errors";
import { Reason, type Refusal } from "./messages_pb";

const LONGEST_WAIT_S = 3600;
const TROUBLES: ReadonlyMap<Reason, Trouble> = new Map<Reason, Trouble>([
  [Reason.MALFORMED, "Malformed"],
  [Reason.OTHER_VERSION, "OtherVersion"],
  [Reason.CLOSED, "WindowClosed"],
  [Reason.BUSY, "Busy"],
  [Reason.WAIT, "TooSoon"],
  [Reason.LOCKED, "LockedOut"],
  [Reason.WRONG_CODE, "WrongCode"],
  [Reason.WRONG_KEY, "WrongKey"],
  [Reason.FULL, "HouseholdFull"],
  [Reason.TOO_SLOW, "TooSlow"],
]);

/** Whatever else went wrong is the box's own. */
export function error(refusal: Refusal): PairingError {
  const trouble = TROUBLES.get(refusal.reason) ?? "BoxFailed";
  return new PairingError(trouble, trouble === "TooSoon" ? Math.min(refusal.waitS, LONGEST_WAIT_S) : 0);
}
