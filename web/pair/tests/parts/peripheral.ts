/**
 * A box's radio, emulated by Chromium: the table of pairing/gatt.py, with the real set-up port of a box behind it.
 *
 * Chromium's emulation has no notifications, so that no bell rings here: the page looks by itself.
 */

import { randomBytes } from "node:crypto";
import type { Browser, CDPSession, Page } from "playwright-core";

import { fromBinary } from "@bufbuild/protobuf";

import { Joined, LEAST_BYTES, split } from "../../src/pairing/fragments";
import * as gatt from "../../src/pairing/gatt";
import { packed } from "../../src/pairing/messages";
import { ParcelSchema } from "../../src/pairing/messages_pb";

const ADDRESS = "09:09:09:09:09:09";
const CLIENT_CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb";
const KIND = "application/x-protobuf";

interface Operation {
  address: string;
  type: string;
  characteristicId: string;
  descriptorId: string;
  data?: string;
}

/** One box in the air. `url`: of its set-up port. */
export class Peripheral {
  readonly sizes: number[] = [];
  private readonly joined = new Joined();
  private readonly waiting: Uint8Array[] = [];
  private hearing: Promise<void> = Promise.resolve();
  private toBox = "";
  private readonly visitor = randomBytes(16).toString("hex");

  private constructor(
    private readonly radio: CDPSession,
    private readonly url: string,
  ) {}

  /** It advertises from now on. */
  static async begin(browser: Browser, url: string, name: string): Promise<Peripheral> {
    const radio = await browser.newBrowserCDPSession();
    const box = new Peripheral(radio, url);
    await box.send("enable", { state: "powered-on", leSupported: true });
    const about = { address: ADDRESS, name, manufacturerData: [], knownServiceUuids: [gatt.SERVICE] };
    await box.send("simulatePreconnectedPeripheral", about);
    box.on("gattOperationReceived", (each) => box.connected(each));
    box.on("characteristicOperationReceived", (each) => box.used(each));
    box.on("descriptorOperationReceived", async ({ descriptorId, type }) => {
      await box.send("simulateDescriptorOperationResponse", { descriptorId, type, code: 0 });
    });
    return box;
  }

  private async connected({ address, type }: Operation): Promise<void> {
    if (this.toBox === "") {
      this.toBox = "being added";
      const { serviceId } = await this.send("addService", { address: ADDRESS, serviceUuid: gatt.SERVICE });
      const add = async (characteristicUuid: string, properties: Record<string, boolean>) =>
        (await this.send("addCharacteristic", { serviceId, characteristicUuid, properties }))["characteristicId"] ?? "";
      await add(gatt.FROM_BOX, { read: true });
      const bell = await add(gatt.BELL, { read: true, notify: true });
      await this.send("addDescriptor", { characteristicId: bell, descriptorUuid: CLIENT_CONFIGURATION });
      this.toBox = await add(gatt.TO_BOX, { write: true });
    }
    await this.send("simulateGATTOperationResponse", { address, type, code: 0 });
  }

  private async used({ characteristicId, type, data }: Operation): Promise<void> {
    let answer = {};
    if (characteristicId === this.toBox) {
      const fragment = Uint8Array.from(Buffer.from(data ?? "", "base64"));
      this.sizes.push(fragment.length);
      const message = this.joined.take(fragment);
      if (message !== null) {
        this.hearing = this.hearing.then(() => this.hear(message));
      }
    } else if (type === "read") {
      answer = { data: Buffer.from(this.waiting.shift() ?? new Uint8Array(0)).toString("base64") };
    }
    await this.send("simulateCharacteristicOperationResponse", { characteristicId, type, code: 0, ...answer });
  }

  /** The box hears one message, and what it says waits to be read. */
  private async hear(message: Uint8Array): Promise<void> {
    const url = new URL(`/pair/${this.visitor}`, this.url);
    const body = Uint8Array.from(packed([message]));
    const response = await fetch(url, { method: "POST", headers: { "Content-Type": KIND }, body });
    const { messages } = fromBinary(ParcelSchema, new Uint8Array(await response.arrayBuffer()));
    this.waiting.push(...messages.flatMap((each) => split(each, LEAST_BYTES)));
  }

  private send(name: string, said: object): Promise<Record<string, string>> {
    return this.radio.send(`BluetoothEmulation.${name}` as "Browser.getVersion", said as never) as never;
  }

  private on(name: string, heard: (operation: Operation) => Promise<void>): void {
    // Who goes away while it is answered is answered no more.
    const answered = (each: unknown) => void heard(each as Operation).catch(() => undefined);
    this.radio.on(`BluetoothEmulation.${name}` as "Target.targetCreated", answered as never);
  }
}

/** Somebody who is asked which box they mean: first they mean none, then the first one that is there. */
export async function chooses(page: Page): Promise<ReadonlySet<string>> {
  const session = await page.context().newCDPSession(page);
  const answered = new Set<string>();
  await session.send("DeviceAccess.enable");
  session.on("DeviceAccess.deviceRequestPrompted", ({ id, devices }) => {
    const [first] = devices;
    // It comes more than once for one question.
    if (first === undefined || answered.has(id)) {
      return;
    }
    answered.add(id);
    const none = answered.size === 1;
    void (none
      ? session.send("DeviceAccess.cancelPrompt", { id })
      : session.send("DeviceAccess.selectPrompt", { id, deviceId: first.id }));
  });
  return answered;
}
