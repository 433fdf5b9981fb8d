/**
 * `verifier.mjs`: a box's side of the exchange. One line of JSON in (context, prover, verifier, w0, point, share) gives
 * one out (share, confirmation); another in (confirmation) gives the shared key, or what went wrong. All hexadecimal.
 */

import { bytesToHex, hexToBytes } from "@noble/curves/utils.js";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";

import { PairingError } from "../../src/pairing/errors";
import { drawn, Verifying } from "../../src/pairing/spake2plus";

let run: Verifying | undefined;
for await (const line of createInterface(process.stdin)) {
  const said = Object.fromEntries(
    Object.entries(JSON.parse(line) as Record<string, string>).map(([name, hex]) => [name, hexToBytes(hex)]),
  );
  console.log(JSON.stringify(answered(said)));
}

function answered(said: Record<string, Uint8Array>): Record<string, string> {
  const of = (name: string) => said[name] ?? new Uint8Array(0);
  try {
    if (run !== undefined) {
      return { shared: bytesToHex(run.finish(of("confirmation"))) };
    }
    const about = { context: of("context"), prover: of("prover"), verifier: of("verifier") };
    const y = drawn((count) => Uint8Array.from(randomBytes(count)));
    run = new Verifying(about, { w0: of("w0"), point: of("point") }, of("share"), y);
    return { share: bytesToHex(run.share), confirmation: bytesToHex(run.confirmation) };
  } catch (error) {
    return { trouble: error instanceof PairingError ? error.trouble : String(error) };
  }
}
