/**
 * What both sides say once they know that they share a code: ChaCha20-Poly1305, a key for each direction, numbered
 * messages, as in pairing/channel.py. Pure.
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { PairingError } from "./errors";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** What comes of the shared key of a run. `proof` is what both sides sign. */
export interface Secrets {
  readonly ofDevice: Uint8Array;
  readonly ofBox: Uint8Array;
  readonly proof: Uint8Array;
}

/** `shared` is what SPAKE2+ gave both sides. */
export function secrets(shared: Uint8Array): Secrets {
  const derived = (whatFor: string) => hkdf(sha256, shared, undefined, utf8ToBytes(whatFor), KEY_BYTES);
  return {
    ofDevice: derived("spoq pairing 1 device"),
    ofBox: derived("spoq pairing 1 box"),
    proof: derived("spoq pairing 1 proof"),
  };
}

/** One side's: it seals with `ours` and opens what `theirs` sealed. One that has refused a message opens no other. */
export class Channel {
  private sent = 0;
  private opened = 0;
  private broken = false;

  constructor(
    private readonly ours: Uint8Array,
    private readonly theirs: Uint8Array,
  ) {}

  /** The next message to the other side. */
  seal(content: Uint8Array): Uint8Array {
    return chacha20poly1305(this.ours, nonce(this.sent++)).encrypt(content);
  }

  /** The next message from the other side. Throws NotSealed. */
  open(sealed: Uint8Array): Uint8Array {
    if (!this.broken) {
      try {
        return chacha20poly1305(this.theirs, nonce(this.opened++)).decrypt(sealed);
      } catch {
        this.broken = true;
      }
    }
    throw new PairingError("NotSealed");
  }
}

/** The device's end. */
export function ofDevice(known: Secrets): Channel {
  return new Channel(known.ofDevice, known.ofBox);
}

/** The box's end. */
export function ofBox(known: Secrets): Channel {
  return new Channel(known.ofBox, known.ofDevice);
}

function nonce(number: number): Uint8Array {
  const found = new Uint8Array(NONCE_BYTES);
  new DataView(found.buffer).setUint32(0, number, true);
  return found;
}
