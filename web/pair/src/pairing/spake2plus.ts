/**
 * SPAKE2+ (RFC 9383) with P256-SHA256-HKDF-SHA256-HMAC-SHA256: both sides of one run, as pairing/spake2plus.py draws
 * them. A page only proves; the other side is here for the tests. Pure.
 */

import { p256 } from "@noble/curves/nist.js";
import { bytesToNumberBE, concatBytes, equalBytes, hexToBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { PairingError } from "./errors";
import { measured, ORDER, POINT_BYTES, SCALAR_BYTES, type Scalars, type Verifier } from "./verifier";

type Point = InstanceType<typeof p256.Point>;
/** So many random bytes. */
export type Random = (count: number) => Uint8Array;

const UNCOMPRESSED = 4;
const KEY_BYTES = 32;
const P = p256.Point.BASE;
// Section 4: points whose logarithms nobody knows.
const M = fixed("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f");
const N = fixed("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49");

/** What both sides have to see the same: `context` stands for everything that was said before. */
export interface About {
  readonly context: Uint8Array;
  readonly prover: Uint8Array;
  readonly verifier: Uint8Array;
}

/** Section 3.4: what a run comes to. */
export interface Keys {
  readonly confirmProver: Uint8Array;
  readonly confirmVerifier: Uint8Array;
  readonly shared: Uint8Array;
}

/** A secret of one run: 1 to the order less 1. */
export function drawn(random: Random): bigint {
  for (;;) {
    const found = bytesToNumberBE(random(SCALAR_BYTES));
    if (found > 0n && found < ORDER) {
      return found;
    }
  }
}

/** The device's side of one run. */
export class Proving {
  readonly share: Uint8Array;

  constructor(
    private readonly about: About,
    private readonly known: Scalars,
    private readonly x: bigint,
  ) {
    this.share = encoded(P.multiply(x).add(M.multiply(known.w0)));
  }

  /** The device's confirmation, and the shared key. Throws WrongCode or BadShare. */
  finish(share: Uint8Array, confirmation: Uint8Array): { confirmation: Uint8Array; shared: Uint8Array } {
    const theirs = unmasked(share, N, this.known.w0);
    const w0 = numberToBytesBE(this.known.w0, SCALAR_BYTES);
    const secret = [encoded(theirs.multiply(this.x)), encoded(theirs.multiply(this.known.w1))];
    const keys = schedule(transcript(this.about, [this.share, share], secret, w0));
    if (!equalBytes(mac(keys.confirmVerifier, this.share), confirmation)) {
      throw new PairingError("WrongCode");
    }
    return { confirmation: mac(keys.confirmProver, share), shared: keys.shared };
  }
}

/** The box's side of one run, which begins with the device's share. Throws BadShare. */
export class Verifying {
  readonly share: Uint8Array;
  readonly confirmation: Uint8Array;
  private readonly keys: Keys;

  constructor(about: About, kept: Verifier, share: Uint8Array, y: bigint) {
    const w0 = bytesToNumberBE(kept.w0);
    const theirs = unmasked(share, M, w0);
    this.share = encoded(P.multiply(y).add(N.multiply(w0)));
    const secret = [encoded(theirs.multiply(y)), encoded(point(kept.point).multiply(y))];
    this.keys = schedule(transcript(about, [share, this.share], secret, kept.w0));
    this.confirmation = mac(this.keys.confirmVerifier, share);
  }

  /** The shared key. Throws WrongCode. */
  finish(confirmation: Uint8Array): Uint8Array {
    if (!equalBytes(mac(this.keys.confirmProver, this.share), confirmation)) {
      throw new PairingError("WrongCode");
    }
    return this.keys.shared;
  }
}

/** TT of section 3.3: the prover's share and the verifier's; Z and V. */
export function transcript(
  about: About,
  shares: readonly Uint8Array[],
  secret: readonly Uint8Array[],
  w0: Uint8Array,
): Uint8Array {
  const parts = [about.context, about.prover, about.verifier, encoded(M), encoded(N), ...shares, ...secret, w0];
  return concatBytes(...parts.flatMap(measured));
}

/** The keys of a transcript, as in section 3.4. */
export function schedule(said: Uint8Array): Keys {
  const main = sha256(said);
  const both = derived(main, "ConfirmationKeys", 2 * KEY_BYTES);
  return {
    confirmProver: both.subarray(0, KEY_BYTES),
    confirmVerifier: both.subarray(KEY_BYTES),
    shared: derived(main, "SharedKey", KEY_BYTES),
  };
}

/** Throws BadShare: this is no point of the curve in its one form. */
function point(content: Uint8Array): Point {
  if (content.length !== POINT_BYTES || content[0] !== UNCOMPRESSED) {
    throw new PairingError("BadShare");
  }
  try {
    const found = p256.Point.fromBytes(content);
    found.assertValidity();
    return found;
  } catch {
    throw new PairingError("BadShare");
  }
}

/** A share without what the code put on it. Throws BadShare: no point, or one that was chosen to leave nothing. */
function unmasked(share: Uint8Array, mask: Point, w0: bigint): Point {
  const found = point(share).subtract(mask.multiply(w0));
  if (found.is0()) {
    throw new PairingError("BadShare");
  }
  return found;
}

/** Throws BadShare: the point at infinity, which only a share that was chosen for it leads to. */
function encoded(found: Point): Uint8Array {
  if (found.is0()) {
    throw new PairingError("BadShare");
  }
  return found.toBytes(false);
}

function fixed(hex: string): Point {
  return p256.Point.fromBytes(hexToBytes(hex));
}

function derived(main: Uint8Array, whatFor: string, length: number): Uint8Array {
  return hkdf(sha256, main, undefined, utf8ToBytes(whatFor), length);
}

function mac(key: Uint8Array, content: Uint8Array): Uint8Array {
  return hmac(sha256, key, content);
}
