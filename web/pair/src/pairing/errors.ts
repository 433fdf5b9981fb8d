/** What can go wrong with pairing, by the names of pairing/errors.py. The sentences are in `page/words.ts`. */

export type Trouble =
  | "NotACode"
  | "TrivialCode"
  | "NotASerial"
  | "NotALabel"
  | "NewerLabel"
  | "NotAName"
  | "WindowClosed"
  | "Busy"
  | "TooSoon"
  | "LockedOut"
  | "Malformed"
  | "BadShare"
  | "OtherVersion"
  | "WrongCode"
  | "WrongBox"
  | "WrongKey"
  | "NotSealed"
  | "TooSlow"
  | "HouseholdFull"
  | "BoxFailed"
  | "NotReached"
  | "NotFound"
  | "RadioOff"
  | "Denied"
  | "WrongPassword"
  | "NetworkNotFound"
  | "UnsupportedNetwork"
  | "NoAddress"
  | "JoinTooSlow"
  | "NotANetwork"
  | "AlreadyJoining"
  | "NoRadio"
  | "JoinFailed"
  | "WentAway";

/** Why a pairing does not go on. Repeats no code and no key. */
export class PairingError extends Error {
  /** `seconds`: with TooSoon, how long to wait. */
  constructor(
    readonly trouble: Trouble,
    readonly seconds = 0,
  ) {
    super(trouble);
    this.name = "PairingError";
  }
}
