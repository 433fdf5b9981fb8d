/**
 * The key by which the box will know this device. Where the browser may (a secure context) it is one that nobody can
 * read, kept by the browser; elsewhere it is in this page's memory, and gone with it.
 */

import { x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";

import type { Key } from "../pairing/device-side";
import type { Random } from "../pairing/spake2plus";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const SECRET_BYTES = 32;
/** Before and between the two keys of a P-256 PKCS #8 document (RFC 5208, RFC 5915). */
const PKCS8 = Uint8Array.from([
  0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
  0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
]);
const PKCS8_PUBLIC = Uint8Array.from([0xa1, 0x44, 0x03, 0x42, 0x00]);

/** A key that only this page has. */
export class MemoryKey implements Key {
  readonly publicKey: Uint8Array;
  private readonly secret: Uint8Array;

  constructor(random: Random) {
    this.secret = drawn(random);
    this.publicKey = p256.getPublicKey(this.secret, false);
  }

  sign(content: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(inDer(p256.sign(content, this.secret)));
  }

  /** For whoever wants to take it elsewhere: PKCS #8. */
  document(): Uint8Array {
    return Uint8Array.from([...PKCS8, ...this.secret, ...PKCS8_PUBLIC, ...this.publicKey]);
  }
}

/** What the browser keeps of a key of its own: nobody can read the private one, this page neither. */
export interface Handle {
  readonly privateKey: CryptoKey;
  readonly publicKey: Uint8Array;
}

/** A key that the browser holds. */
export class BrowserKey implements Key {
  constructor(readonly handle: Handle) {}

  /** A new one. Throws where the browser has none to give. */
  static async make(): Promise<BrowserKey> {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    return new BrowserKey({ privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) });
  }

  get publicKey(): Uint8Array {
    return this.handle.publicKey;
  }

  async sign(content: Uint8Array): Promise<Uint8Array> {
    return inDer(new Uint8Array(await crypto.subtle.sign(SIGNING, this.handle.privateKey, Uint8Array.from(content))));
  }
}

/** A key for the tunnel, Curve25519: no browser speaks WireGuard, so that this one is for a program that does. */
export interface TunnelKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function tunnelKey(random: Random): TunnelKey {
  const secret = random(SECRET_BYTES);
  return { secret, publicKey: x25519.getPublicKey(secret) };
}

/** A signature, 64 bytes as WebCrypto has it, in the form that the box reads. */
function inDer(signature: Uint8Array): Uint8Array {
  return p256.Signature.fromBytes(signature, "compact").toBytes("der");
}

function drawn(random: Random): Uint8Array {
  for (;;) {
    const secret = random(SECRET_BYTES);
    if (p256.utils.isValidSecretKey(secret)) {
      return secret;
    }
  }
}
