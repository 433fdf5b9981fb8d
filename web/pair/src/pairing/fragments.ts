/** Messages on a way that carries a few bytes at a time; pairing/fragments.py has the form. Pure. */

import { PairingError } from "./errors";
import { MOST_BYTES } from "./messages";

const FIRST = 0x80;
const LAST = 0x40;
const COUNT = 0x3f;
const HEADER_BYTES = 1;
/** What every way carries: the smallest MTU of Bluetooth LE is 23, of which 3 are its own. */
export const LEAST_BYTES = 20;

/** The fragments of a message, each of `most` bytes at most. */
export function split(message: Uint8Array, most: number): Uint8Array[] {
  const room = most - HEADER_BYTES;
  const fragments: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < message.length; start += room) {
    const part = message.subarray(start, start + room);
    const header = (fragments.length & COUNT) | (start === 0 ? FIRST : 0) | (start + room >= message.length ? LAST : 0);
    fragments.push(Uint8Array.of(header, ...part));
  }
  return fragments;
}

/** Fragments put together again. */
export class Joined {
  private parts: number[] = [];
  private next: number | null = null;

  /** The message that this fragment ends; null where there is more to come. Throws Malformed: begin anew. */
  take(fragment: Uint8Array): Uint8Array | null {
    let expected = this.next;
    this.next = null;
    const header = fragment[0];
    if (header === undefined) {
      throw new PairingError("Malformed");
    }
    if (header & FIRST) {
      this.parts = [];
      expected = 0;
    }
    const rest = fragment.subarray(HEADER_BYTES);
    if (expected === null || (header & COUNT) !== expected || this.parts.length + rest.length > MOST_BYTES) {
      this.parts = [];
      throw new PairingError("Malformed");
    }
    this.parts.push(...rest);
    if (header & LAST) {
      const message = Uint8Array.from(this.parts);
      this.parts = [];
      return message;
    }
    this.next = (expected + 1) & COUNT;
    return null;
  }
}
