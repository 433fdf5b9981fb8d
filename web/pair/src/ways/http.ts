/** The way by requests to the box that this page came from: its set-up port (pairing/port.py). */

import { bytesToHex } from "@noble/curves/utils.js";

import { PairingError } from "../pairing/errors";
import * as messages from "../pairing/messages";
import type { Random } from "../pairing/spake2plus";
import type { Way } from "./attempt";

const KIND = "application/x-protobuf";
const HEADERS = { "Content-Type": KIND };
const VISITOR_BYTES = 16;
/** For one answer, that a network was joined for example. */
const ANSWER_MS = 75_000;
const MOST_BODY = 2 * messages.MOST_BYTES;

/** Whether this page came from a box that can be paired so. A box has no certificate that a browser knows. */
export async function isThere(base: string, random: Random): Promise<boolean> {
  try {
    if (!base.startsWith("http:")) {
      return false;
    }
    return (await asked(visitor(base, random), { method: "DELETE", headers: HEADERS })).status === 204;
  } catch {
    return false;
  }
}

/** One attempt. `base`: the box's own address, `http://192.168.1.20:7767/`. */
export class HttpWay implements Way {
  readonly repeats = true;
  private readonly url: string;

  constructor(base: string, random: Random) {
    this.url = visitor(base, random);
  }

  async ask(said: Uint8Array[]): Promise<Uint8Array[]> {
    return messages.unpacked(await body(await this.posted(said)));
  }

  async say(said: Uint8Array[]): Promise<void> {
    await this.posted(said);
  }

  async leave(paired: boolean): Promise<void> {
    if (paired) {
      // The box has closed its port by now.
      return;
    }
    try {
      await asked(this.url, { method: "DELETE", headers: HEADERS });
    } catch {
      // It gives up by itself, or has closed already.
    }
  }

  private async posted(said: Uint8Array[]): Promise<Response> {
    const response = await asked(this.url, { method: "POST", headers: HEADERS, body: bytes(messages.packed(said)) });
    if (response.status !== 200) {
      throw new PairingError("Denied");
    }
    return response;
  }
}

/** A random name for this attempt. */
function visitor(base: string, random: Random): string {
  return new URL(`/pair/${bytesToHex(random(VISITOR_BYTES))}`, base).href;
}

/** Throws PairingError: nobody answers. */
async function asked(url: string, request: RequestInit): Promise<Response> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), ANSWER_MS);
  try {
    return await fetch(url, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: ending.signal,
    });
  } catch {
    throw new PairingError("NotReached");
  } finally {
    clearTimeout(timer);
  }
}

/** All of it, unless it is too much. Throws PairingError. */
async function body(response: Response): Promise<Uint8Array> {
  const length = Number(response.headers.get("Content-Length") ?? NaN);
  if (!(length <= MOST_BODY)) {
    throw new PairingError("Malformed");
  }
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new PairingError("NotReached");
  }
}

function bytes(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(content);
}
