/** The way by Bluetooth LE, where the browser has Web Bluetooth: the table of pairing/gatt.py. */

import { PairingError } from "../pairing/errors";
import { Joined, LEAST_BYTES, split } from "../pairing/fragments";
import { BELL, FROM_BOX, SERVICE, TO_BOX } from "../pairing/gatt";
import type { Way } from "./attempt";

/** For one answer, that a network was joined for example. */
const ANSWER_MS = 75_000;
/** How long nothing is asked for where no bell rings. */
const LOOK_MS = 1_000;
const CONNECT_MS = 20_000;
const AGAIN_MS = 2_000;
/**
 * Linux ends a connection two seconds after it was asked to, and takes along who came again meanwhile. Source: BlueZ,
 * src/device.c, DISCONNECT_TIMER.
 */
const ENDS_MS = 3_000;
const left = new WeakMap<BluetoothDevice, number>();

/** Whether this browser can do that, where there is a radio. */
export function isThere(): boolean {
  return "bluetooth" in navigator;
}

/** The person picks a box. Only where they have just pressed something. Throws NotFound: none; or RadioOff. */
export async function picked(): Promise<BluetoothDevice> {
  try {
    return await navigator.bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
  } catch {
    throw new PairingError((await isOn()) ? "NotFound" : "RadioOff");
  }
}

async function isOn(): Promise<boolean> {
  try {
    return await navigator.bluetooth.getAvailability();
  } catch {
    return false;
  }
}

/** One attempt with the box that was picked. A page is not told the MTU: its fragments fit any. */
export class BluetoothWay implements Way {
  readonly repeats = false;
  private readonly joined = new Joined();
  private toBox: BluetoothRemoteGATTCharacteristic | undefined;
  private fromBox: BluetoothRemoteGATTCharacteristic | undefined;
  private rung = false;
  private awake: () => void = () => undefined;

  constructor(private readonly device: BluetoothDevice) {}

  async ask(messages: Uint8Array[]): Promise<Uint8Array[]> {
    return connection(async () => {
      await this.written(messages);
      return [await this.message()];
    });
  }

  async say(messages: Uint8Array[]): Promise<void> {
    return connection(() => this.written(messages));
  }

  leave(): Promise<void> {
    this.device.gatt?.disconnect();
    left.set(this.device, performance.now());
    return Promise.resolve();
  }

  private async written(messages: Uint8Array[]): Promise<void> {
    await this.connected();
    for (const fragment of messages.flatMap((each) => split(each, LEAST_BYTES))) {
      await this.toBox?.writeValueWithResponse(Uint8Array.from(fragment));
    }
  }

  private async connected(): Promise<void> {
    if (this.device.gatt?.connected && this.toBox !== undefined) {
      return;
    }
    if (this.toBox !== undefined || this.device.gatt === undefined) {
      throw new PairingError("NotReached");
    }
    await pause((left.get(this.device) ?? -ENDS_MS) + ENDS_MS - performance.now());
    const server = await reached(this.device.gatt);
    const service = await server.getPrimaryService(SERVICE);
    const bell = await service.getCharacteristic(BELL);
    bell.addEventListener("characteristicvaluechanged", () => this.ring());
    await bell.startNotifications();
    this.fromBox = await service.getCharacteristic(FROM_BOX);
    this.toBox = await service.getCharacteristic(TO_BOX);
  }

  /** The next one of the box's. Throws TooSlow or Malformed. */
  private async message(): Promise<Uint8Array> {
    const until = Date.now() + ANSWER_MS;
    while (Date.now() < until) {
      this.rung = false;
      const value = await this.fromBox?.readValue();
      if (value === undefined || value.byteLength === 0) {
        await this.bell();
        continue;
      }
      const message = this.joined.take(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      if (message !== null) {
        return message;
      }
    }
    throw new PairingError("TooSlow");
  }

  private ring(): void {
    this.rung = true;
    this.awake();
  }

  /** Returns when it rings, or when it is time to look without. */
  private bell(): Promise<void> {
    return new Promise((resolve) => {
      if (this.rung) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, LOOK_MS);
      this.awake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Radios are busy now and then, most of all when another connection has just ended. */
async function reached(gatt: BluetoothRemoteGATTServer): Promise<BluetoothRemoteGATTServer> {
  const until = performance.now() + CONNECT_MS;
  for (;;) {
    try {
      return await within(until - performance.now(), gatt.connect());
    } catch (error) {
      if (performance.now() + AGAIN_MS > until) {
        throw error;
      }
    }
    await pause(AGAIN_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whatever goes wrong with it is that the box is not reached. */
async function connection<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof PairingError ? error : new PairingError("NotReached");
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PairingError("NotReached")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
