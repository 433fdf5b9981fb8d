/** What is said of a device, and in which language. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import * as surroundings from "../src/page/surroundings";
import { filled, preferred, WORDS } from "../src/page/words";

test("the first language that there are words in is spoken", () => {
  const spoken = [["fr-FR", "de-AT", "en"], ["EN-gb"], ["fr"], [], ["deu"]].map(preferred);
  assert.deepEqual(spoken, ["de", "en", "en", "en", "en"]);
});

test("what is put into a sentence is the same in both languages", () => {
  const holes = (words: unknown) => [...JSON.stringify(words).matchAll(/\{\w+\}/g)].map(String);
  assert.deepEqual(holes(WORDS.en), holes(WORDS.de));
  assert.ok(holes(WORDS.en).length > 0);
  assert.equal(filled("{a} and {b}", { a: "{b}" }), "{b} and {b}");
});

test("no word is empty, and none is the same in both languages by mistake", () => {
  const all = (words: object): string[] =>
    Object.values(words).flatMap((each: unknown) => (typeof each === "string" ? [each] : all(each as object)));
  const [english, german] = [all(WORDS.en), all(WORDS.de)];
  assert.equal(english.length, german.length);
  assert.ok([...english, ...german].every((each) => each.trim() !== ""));
  const same = english.filter((each, at) => each === german[at]);
  assert.deepEqual(same.sort(), ["Computer", "Mac", "Name", "iPad", "iPhone"]);
});

test("only what the box takes is said of where the device is", () => {
  const tags = ["de-DE", "en", "zh-Hant-TW", "de_DE", "x"];
  assert.deepEqual(tags.map(surroundings.locale), ["de-DE", "en", "zh-Hant-TW", "", ""]);
  const places = ["en-US", "en", "de-DE", "es-Latn-US", "en-GB"];
  assert.deepEqual(places.map(surroundings.imperial), [true, false, false, true, false]);
  assert.match(surroundings.zone(), /^[A-Za-z]/);
});

test("a device is called what it probably is", () => {
  const agents = ["(iPhone; CPU iPhone OS 17_0)", "(Linux; Android 14; Pixel 8)", "(Windows NT 10.0)", "(X11; Linux)"];
  assert.deepEqual(agents.map(surroundings.kind), ["iphone", "android", "windows", "computer"]);
});
