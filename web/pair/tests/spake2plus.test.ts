/** The exchange, by the vectors of RFC 9383, and by what happens to whoever does not know the code. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { bytesToHex, concatBytes, hexToBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { p256 } from "@noble/curves/nist.js";

import { drawn, Proving, schedule, transcript, Verifying } from "../src/pairing/spake2plus";
import { ORDER, verifier } from "../src/pairing/verifier";
import { trouble } from "./parts/trouble";

// Appendix C: P256-SHA256-HKDF-SHA256-HMAC-SHA256, with identities.
const ABOUT = {
  context: utf8ToBytes("SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256 Test Vectors"),
  prover: utf8ToBytes("client"),
  verifier: utf8ToBytes("server"),
};
const KNOWN = {
  w0: 0xbb8e1bbcf3c48f62c08db243652ae55d3e5586053fca77102994f23ad95491b3n,
  w1: 0x7e945f34d78785b8a3ef44d0df5a1a97d6b3b460409a345ca7830387a74b1dban,
};
const X = 0xd1232c8e8693d02368976c174e2088851b8365d0d79a9eee709c6a05a2fad539n;
const Y = 0x717a72348a182085109c8d3917d6c43d59b224dc6a7fc4f0483232fa6516d8b3n;
const L =
  "04eb7c9db3d9a9eb1f8adab81b5794c1f13ae3e225efbe91ea487425854c7fc00f" +
  "00bfedcbd09b2400142d40a14f2064ef31dfaa903b91d1faea7093d835966efd";
const SHARE_P =
  "04ef3bd051bf78a2234ec0df197f7828060fe9856503579bb1733009042c15c0c1" +
  "de127727f418b5966afadfdd95a6e4591d171056b333dab97a79c7193e341727";
const SHARE_V =
  "04c0f65da0d11927bdf5d560c69e1d7d939a05b0e88291887d679fcadea75810fb" +
  "5cc1ca7494db39e82ff2f50665255d76173e09986ab46742c798a9a68437b048";
const Z =
  "04bbfce7dd7f277819c8da21544afb7964705569bdf12fb92aa388059408d50091" +
  "a0c5f1d3127f56813b5337f9e4e67e2ca633117a4fbd559946ab474356c41839";
const V =
  "0458bf27c6bca011c9ce1930e8984a797a3419797b936629a5a937cf2f11c8b951" +
  "4b82b993da8a46e664f23db7c01edc87faa530db01c2ee405230b18997f16b68";
const CONFIRM_P = "926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27527";
const CONFIRM_V = "9747bcc4f8fe9f63defee53ac9b07876d907d55047e6ff2def2e7529089d3e68";
const SHARED = "0c5f8ccd1413423a54f6c1fb26ff01534a87f893779c6e68666d772bfd91f3e7";

const CODE = { w0: 11n, w1: 12n };
const ANOTHER = { w0: 11n, w1: 13n };
const NOTHING = new Uint8Array(0);

test("both sides say and end with what the RFC has", () => {
  const device = new Proving(ABOUT, KNOWN, X);
  assert.equal(bytesToHex(verifier(KNOWN).point), L);
  const box = new Verifying(ABOUT, verifier(KNOWN), device.share, Y);
  assert.deepEqual([device.share, box.share, box.confirmation].map(bytesToHex), [SHARE_P, SHARE_V, CONFIRM_V]);
  const { confirmation, shared } = device.finish(box.share, box.confirmation);
  assert.deepEqual([confirmation, shared, box.finish(confirmation)].map(bytesToHex), [CONFIRM_P, SHARED, SHARED]);
});

test("the keys come out of the transcript as in the RFC", () => {
  const [shareP, shareV, z, v] = [SHARE_P, SHARE_V, Z, V].map(hexToBytes) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const keys = schedule(transcript(ABOUT, [shareP, shareV], [z, v], numberToBytesBE(KNOWN.w0, 32)));
  assert.equal(bytesToHex(keys.confirmProver), "871ae3f7b78445e34438fb284504240239031c39d80ac23eb5ab9be5ad6db58a");
  assert.equal(bytesToHex(keys.confirmVerifier), "ccd53c7c1fa37b64a462b40db8be101cedcf838950162902054e644b400f1680");
});

test("a wrong code is found by the device before it shows anything", () => {
  const device = new Proving(ABOUT, ANOTHER, 5n);
  const box = new Verifying(ABOUT, verifier(CODE), device.share, 6n);
  assert.equal(trouble(() => device.finish(box.share, box.confirmation)), "WrongCode");
});

test("a device that goes on with a wrong code is found by the box", () => {
  const device = new Proving(ABOUT, ANOTHER, 5n);
  const box = new Verifying(ABOUT, verifier(CODE), device.share, 6n);
  const guessed = new Verifying(ABOUT, verifier(ANOTHER), device.share, 7n);
  assert.equal(trouble(() => box.finish(guessed.confirmation)), "WrongCode");
});

test("who heard something else before does not agree", () => {
  for (const heard of [
    { ...ABOUT, context: utf8ToBytes("another hello") },
    { ...ABOUT, prover: utf8ToBytes("in the middle") },
    { ...ABOUT, context: concatBytes(ABOUT.context, utf8ToBytes("c")), prover: utf8ToBytes("lient") },
  ]) {
    const device = new Proving(heard, CODE, 5n);
    const box = new Verifying(ABOUT, verifier(CODE), device.share, 6n);
    assert.equal(trouble(() => device.finish(box.share, box.confirmation)), "WrongCode");
  }
});

/** A point whose x is small enough that the field's size still fits on top, in that other form. */
function inAnotherForm(): Uint8Array {
  for (let x = 5n; ; x++) {
    try {
      const found = p256.Point.fromBytes(concatBytes(Uint8Array.of(2), numberToBytesBE(x, 32)));
      const larger = numberToBytesBE(x + p256.Point.Fp.ORDER, 32);
      return concatBytes(Uint8Array.of(4), larger, numberToBytesBE(found.y, 32));
    } catch {
      continue;
    }
  }
}

test("what is no point in its one form is refused by both", () => {
  const good = hexToBytes(SHARE_P);
  const shares = {
    nothing: NOTHING,
    zeros: new Uint8Array(65),
    infinity: concatBytes(Uint8Array.of(4), new Uint8Array(64)),
    "beyond the field": concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(255)),
    compressed: concatBytes(Uint8Array.of(2), good.subarray(1, 33)),
    "beside the curve": concatBytes(good.subarray(0, 64), Uint8Array.of(0)),
    "too long": concatBytes(good, Uint8Array.of(0)),
    "in another form": inAnotherForm(),
  };
  for (const [what, share] of Object.entries(shares)) {
    assert.equal(trouble(() => new Verifying(ABOUT, verifier(CODE), share, 6n)), "BadShare", what);
    assert.equal(trouble(() => new Proving(ABOUT, CODE, 5n).finish(share, NOTHING)), "BadShare", what);
  }
});

test("a share that would make the secret known is refused", () => {
  const m = p256.Point.fromHex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f");
  const n = p256.Point.fromHex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49");
  const alone = (point: typeof m) => point.multiply(CODE.w0).toBytes(false);
  assert.equal(trouble(() => new Verifying(ABOUT, verifier(CODE), alone(m), 6n)), "BadShare");
  assert.equal(trouble(() => new Proving(ABOUT, CODE, 5n).finish(alone(n), NOTHING)), "BadShare");
});

test("a secret is inside the group, whatever the random source gives", () => {
  const given = [0n, ORDER, ORDER - 1n].map((each) => numberToBytesBE(each, 32));
  assert.equal(drawn(() => given.shift() ?? NOTHING), ORDER - 1n);
});
