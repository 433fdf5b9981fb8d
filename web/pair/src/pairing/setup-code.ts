/** The set-up code: eight digits on the label, as in pairing/setup_code.py. Pure. */

import { PairingError } from "./errors";

export const LENGTH = 8;
/** Of what somebody typed. */
const MOST_CHARACTERS = 32;

/** The digits that somebody typed, with or without spaces and hyphens. Throws NotACode or TrivialCode. */
export function parse(text: string): string {
  const digits = text.length <= MOST_CHARACTERS ? text.replace(/[\s-]/g, "") : "";
  if (!/^[0-9]{8}$/.test(digits)) {
    throw new PairingError("NotACode");
  }
  if (trivial(digits)) {
    throw new PairingError("TrivialCode");
  }
  return digits;
}

/** As it is printed, “4821 7730”, as far as it was typed. */
export function grouped(text: string): string {
  const digits = text.replace(/[^0-9]/g, "").slice(0, LENGTH);
  return digits.length > 4 ? `${digits.slice(0, 4)} ${digits.slice(4)}` : digits;
}

/** Whether it looks like nobody made it: one digit or group over and over, or counting up or down. */
export function trivial(digits: string): boolean {
  const repeated = [1, 2, 4].some((period) => digits === digits.slice(0, period).repeat(LENGTH / period));
  const steps = new Set<number>();
  for (let at = 1; at < digits.length; at++) {
    steps.add((Number(digits[at]) - Number(digits[at - 1]) + 10) % 10);
  }
  return repeated || (steps.size === 1 && (steps.has(1) || steps.has(9)));
}
