/** `device.mjs ADDRESS CODE [SERIAL]`: a device that pairs with the box there, and tells as JSON what came of it. */

import { bytesToHex } from "@noble/curves/utils.js";
import { randomBytes } from "node:crypto";

import { MemoryKey, tunnelKey } from "../../src/page/keys";
import { DeviceSide } from "../../src/pairing/device-side";
import { PairingError } from "../../src/pairing/errors";
import { pair } from "../../src/ways/attempt";
import { HttpWay } from "../../src/ways/http";

const random = (count: number) => Uint8Array.from(randomBytes(count));
const [address = "", code = "", serial = null] = process.argv.slice(2);
const key = new MemoryKey(random);
const device = {
  key,
  name: "Anna's phone",
  wireguardKey: tunnelKey(random).publicKey,
  zone: "Europe/Berlin",
  locale: "de-DE",
  imperial: false,
  stays: false,
};
const side = new DeviceSide(device, code, serial, random, Date.now());
const steps: string[] = [];
let outcome = "paired";
let seconds = 0;
try {
  await pair(new HttpWay(address, random), side, (step) => steps.push(step));
} catch (error) {
  if (!(error instanceof PairingError)) {
    throw error;
  }
  outcome = error.trouble;
  seconds = error.seconds;
}
const { certificate, authority, profile, addresses, deviceAddress, boxAddress, device: name } = side.enrolment;
console.log(
  JSON.stringify({
    outcome,
    seconds,
    steps,
    serial: side.serial,
    key: bytesToHex(key.publicKey),
    box_key: bytesToHex(side.boxKey),
    certificate: bytesToHex(certificate),
    authority: bytesToHex(authority),
    recovery_key: side.recoveryKey,
    document: bytesToHex(key.document()),
    profile,
    name,
    addresses,
    device_address: deviceAddress,
    box_address: boxAddress,
  }),
);
