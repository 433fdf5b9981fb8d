/** What comes from outside in small pieces: fragments, and what is sealed. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { ofBox, ofDevice, secrets } from "../src/pairing/channel";
import { Joined, LEAST_BYTES, split } from "../src/pairing/fragments";
import { MOST_BYTES } from "../src/pairing/messages";
import { grouped } from "../src/pairing/setup-code";
import { trouble } from "./parts/trouble";

const bytes = (...values: number[]) => Uint8Array.from(values);

test("a message of any length comes out as it went in", () => {
  for (const length of [0, 1, 18, 19, 20, 38, 39, 2000, MOST_BYTES]) {
    const message = Uint8Array.from({ length }, (_, at) => at % 251);
    const joined = new Joined();
    const fragments = split(message, LEAST_BYTES);
    assert.ok(fragments.every((each) => each.length <= LEAST_BYTES));
    assert.deepEqual(fragments.slice(0, -1).map((each) => joined.take(each)), fragments.slice(1).map(() => null));
    assert.deepEqual(joined.take(fragments.at(-1) ?? bytes()), message);
  }
});

test("a fragment out of its order is refused, and the next first one begins anew", () => {
  const joined = new Joined();
  assert.equal(joined.take(bytes(0x80, 1)), null);
  assert.equal(trouble(() => joined.take(bytes(2, 1))), "Malformed");
  assert.equal(trouble(() => joined.take(bytes(1, 1))), "Malformed");
  assert.equal(trouble(() => joined.take(bytes())), "Malformed");
  assert.deepEqual(joined.take(bytes(0xc0, 7)), bytes(7));
});

test("a message that does not end is refused", () => {
  const joined = new Joined();
  const endless = () => {
    for (let at = 0; ; at++) {
      joined.take(Uint8Array.of((at & 0x3f) | (at === 0 ? 0x80 : 0), ...new Uint8Array(511)));
    }
  };
  assert.equal(trouble(endless), "Malformed");
});

test("what is sealed opens once, in its order, at the other end only", () => {
  const known = secrets(new Uint8Array(32).fill(7));
  const device = ofDevice(known);
  const box = ofBox(known);
  const [first, second] = [device.seal(bytes(1)), device.seal(bytes(2))] as const;
  assert.deepEqual([box.open(first), box.open(second)], [bytes(1), bytes(2)]);
  assert.equal(trouble(() => box.open(second)), "NotSealed");
  assert.equal(trouble(() => ofBox(known).open(second)), "NotSealed");
  assert.equal(trouble(() => ofDevice(known).open(first)), "NotSealed");
});

test("a channel that has refused a message opens no other", () => {
  const known = secrets(new Uint8Array(32).fill(7));
  const sealed = ofDevice(known).seal(bytes(1));
  const box = ofBox(known);
  assert.equal(trouble(() => box.open(bytes(...sealed.subarray(1), 0))), "NotSealed");
  assert.equal(trouble(() => box.open(sealed)), "NotSealed");
});

test("a code is shown as it is printed, as far as it was typed", () => {
  const shown = ["", "4", "4821", "48217", "4821-7730", "482177301", "48 21 77 30"].map(grouped);
  assert.deepEqual(shown, ["", "4", "4821", "4821 7", "4821 7730", "4821 7730", "4821 7730"]);
});
