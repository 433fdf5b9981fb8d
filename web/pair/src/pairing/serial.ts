/** The serial number of a box, `SPQ-XXXX-XXXX`, its last character a check on the others: pairing/serial.py. Pure. */

import { PairingError } from "./errors";

const UNAMBIGUOUS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 8;
/** Of what somebody typed. */
const MOST_CHARACTERS = 32;

/** In its one form, from any that a person or a label may have it in. Throws NotASerial. */
export function parse(text: string): string {
  const plain = text.length <= MOST_CHARACTERS ? text.toUpperCase().replace(/[\s-]/g, "") : "";
  const characters = /^(?:SPQ)?([A-Z0-9]{8})$/.exec(plain)?.[1] ?? "";
  if (characters.length !== LENGTH || sum(characters) !== 0) {
    throw new PairingError("NotASerial");
  }
  return `SPQ-${characters.slice(0, 4)}-${characters.slice(4)}`;
}

/** By which the box is found at home. */
export function hostName(serial: string): string {
  return `spoq-${serial.slice(-4).toLowerCase()}.local`;
}

/** What people see of a box that has no other name. */
export function shortName(serial: string): string {
  return `Spoq-${serial.slice(-4)}`;
}

function sum(characters: string): number {
  let total = 0;
  for (let at = 0; at < characters.length; at++) {
    const value = UNAMBIGUOUS.indexOf(characters.charAt(at));
    if (value < 0) {
      return -1;
    }
    total += (at + 1) * value;
  }
  return total % UNAMBIGUOUS.length;
}
