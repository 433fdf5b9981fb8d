/** w0 and w1, worked out from the code, and the w0 and L that a box keeps of it: pairing/verifier.py. */

import { p256 } from "@noble/curves/nist.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

export const ORDER = p256.Point.Fn.ORDER;
export const SCALAR_BYTES = 32;
export const POINT_BYTES = 65;
/** Of w0s and of w1s: the order's 256 bits and 64 more. */
const HALF_BYTES = 40;
const COST = { N: 32768, r: 8, p: 1, dkLen: 2 * HALF_BYTES };

/** What the device works out from the code. Never kept. */
export interface Scalars {
  readonly w0: bigint;
  readonly w1: bigint;
}

/** What a box keeps: w0, and the point L = w1*P, uncompressed. */
export interface Verifier {
  readonly w0: Uint8Array;
  readonly point: Uint8Array;
}

/** w0 and w1 for the box of this serial. Takes some tenths of a second and 32 MiB; the page goes on meanwhile. */
export async function scalars(code: string, salt: Uint8Array, serial: string): Promise<Scalars> {
  // The device that will prove the code is not known when a box is made: its identity is empty.
  const password = concatBytes(...[utf8ToBytes(code), new Uint8Array(0), utf8ToBytes(serial)].flatMap(measured));
  const halves = await scryptAsync(password, salt, COST);
  return {
    w0: bytesToNumberBE(halves.subarray(0, HALF_BYTES)) % ORDER,
    w1: bytesToNumberBE(halves.subarray(HALF_BYTES)) % ORDER,
  };
}

/** The verifier from both scalars. */
export function verifier(known: Scalars): Verifier {
  return {
    w0: numberToBytesBE(known.w0, SCALAR_BYTES),
    point: p256.Point.BASE.multiply(known.w1).toBytes(false),
  };
}

/** A part, and before it how long it is: 8 bytes, little-endian. */
export function measured(part: Uint8Array): Uint8Array[] {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, part.length, true);
  return [length, part];
}
