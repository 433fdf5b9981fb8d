/** The group's values, compared with those of matter.js: its transcript is the RFC's, its key schedule draft 1's. */

import { strict as assert } from "node:assert";
import { webcrypto } from "node:crypto";
import { test } from "node:test";

import { Bytes, Spake2p, StandardCrypto } from "@matter/general";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { Proving, schedule, Verifying } from "../src/pairing/spake2plus";
import { measured, ORDER, scalars, verifier } from "../src/pairing/verifier";

const NOTHING = new Uint8Array(0);
const ABOUT = { context: utf8ToBytes("all that was said before"), prover: NOTHING, verifier: NOTHING };
const SALT = Uint8Array.from({ length: 32 }, (_, at) => at);

/** Theirs, which remembers what it hashed. */
class TheirCrypto extends StandardCrypto {
  hashed: Uint8Array[] = [];

  constructor() {
    super(webcrypto as unknown as ConstructorParameters<typeof StandardCrypto>[0]);
  }

  override computeHash(...[data, ...rest]: Parameters<StandardCrypto["computeHash"]>) {
    this.hashed.push(Bytes.of(data as Bytes).slice());
    return super.computeHash(data, ...rest);
  }
}

function between(): bigint {
  return 1n + (bytesToNumberBE(webcrypto.getRandomValues(new Uint8Array(40))) % (ORDER - 1n));
}

test("w0, w1 and L are theirs, from the same bytes", async () => {
  const crypto = new TheirCrypto();
  const password = concatBytes(...[utf8ToBytes("48217730"), NOTHING, utf8ToBytes("SPQ-7K2M-X9RC")].flatMap(measured));
  // They stretch a code by PBKDF2; what is worked out from the stretched bytes is the same.
  const stretched = scrypt(password, SALT, { N: 32768, r: 8, p: 1, dkLen: 80 });
  crypto.createPbkdf2Key = () => Promise.resolve(stretched.slice().buffer);
  const pbkdf = { iterations: 1000, salt: SALT };
  const ours = await scalars("48217730", SALT, "SPQ-7K2M-X9RC");
  assert.deepEqual(await Spake2p.computeW0W1(crypto, pbkdf, 0), ours);
  const { w0, L } = await Spake2p.computeW0L(crypto, pbkdf, 0);
  assert.deepEqual({ w0: numberToBytesBE(w0, 32), point: Bytes.of(L) }, verifier(ours));
});

test("X, Y, Z and V are theirs, on both sides", async () => {
  for (let run = 0; run < 8; run++) {
    const [w0, w1, x, y] = [between(), between(), between(), between()];
    const device = new Proving(ABOUT, { w0, w1 }, x);
    const box = new Verifying(ABOUT, verifier({ w0, w1 }), device.share, y);
    const crypto = new TheirCrypto();
    const prover = new Spake2p(crypto, ABOUT.context, x, w0);
    const other = new Spake2p(crypto, ABOUT.context, y, w0);
    assert.deepEqual([Bytes.of(prover.computeX()), Bytes.of(other.computeY())], [device.share, box.share]);
    await prover.computeSecretAndVerifiersFromY(w1, device.share, box.share);
    await other.computeSecretAndVerifiersFromX(verifier({ w0, w1 }).point, device.share, box.share);
    const [said, saidByOther] = crypto.hashed;
    assert.ok(said);
    assert.deepEqual(said, saidByOther);
    // Z and V are nowhere but in this transcript, and our confirmations come out of it.
    const { confirmProver, confirmVerifier } = schedule(said);
    const { confirmation } = device.finish(box.share, box.confirmation);
    assert.deepEqual(box.confirmation, hmac(sha256, confirmVerifier, device.share));
    assert.deepEqual(confirmation, hmac(sha256, confirmProver, box.share));
  }
});
