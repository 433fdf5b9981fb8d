/** What the QR code of a label says: `SPOQ:1.7K2MX9RC.48217730`, as in pairing/label.py. Pure. */

import { PairingError } from "./errors";
import * as serials from "./serial";
import * as setupCode from "./setup-code";

const VERSION = 1;
const MOST_CHARACTERS = 64;

/** The box's serial in its one form, and the digits of its code. */
export interface Scan {
  readonly serial: string;
  readonly code: string;
}

/** What somebody scanned. Throws NotALabel or NewerLabel. */
export function parse(text: string): Scan {
  const scanned = text.length <= MOST_CHARACTERS ? /^SPOQ:([1-9][0-9]?)\.(.*)$/i.exec(text.trim()) : null;
  if (scanned === null) {
    throw new PairingError("NotALabel");
  }
  if (Number(scanned[1]) !== VERSION) {
    throw new PairingError("NewerLabel");
  }
  const first = /^([2-9A-Z]{8})\.([0-9]{8})$/i.exec(scanned[2] ?? "");
  try {
    return { serial: serials.parse(first?.[1] ?? ""), code: setupCode.parse(first?.[2] ?? "") };
  } catch {
    throw new PairingError("NotALabel");
  }
}
