/** `forms.mjs`: lines of JSON, [form, text], each answered with what it means here, or with the trouble. */

import { bytesToHex, hexToBytes } from "@noble/curves/utils.js";
import { createInterface } from "node:readline";

import { PairingError } from "../../src/pairing/errors";
import * as label from "../../src/pairing/label";
import * as messages from "../../src/pairing/messages";
import { check } from "../../src/pairing/outcomes";
import * as serials from "../../src/pairing/serial";
import * as setupCode from "../../src/pairing/setup-code";
import { trouble } from "../parts/trouble";

const FORMS: Record<string, (text: string) => string> = {
  code: setupCode.parse,
  serial: serials.parse,
  label: (text) => Object.values(label.parse(text)).join(" "),
  name: messages.name,
  from_box: (text) => messages.fromBox(hexToBytes(text)).case,
  within_from_box: (text) => messages.withinFromBox(hexToBytes(text)).case,
  outcome: (text) => trouble(() => check(Number(text))),
  parcel: (text) => messages.unpacked(hexToBytes(text)).map(bytesToHex).join(" "),
};

for await (const line of createInterface(process.stdin)) {
  const [form, text] = JSON.parse(line) as [string, string];
  console.log(JSON.stringify(meaning(form, text)));
}

function meaning(form: string, text: string): { means: string } | { trouble: string } {
  try {
    return { means: FORMS[form]?.(text) ?? "" };
  } catch (error) {
    if (error instanceof PairingError) {
      return { trouble: error.trouble };
    }
    throw error;
  }
}
