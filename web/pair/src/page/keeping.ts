/**
 * What the browser keeps for this site: the keys of the next pairing, and what each pairing gave.
 *
 * Keys are kept before a pairing begins, and used by the next one if it does not end well: the box may know them.
 */

import type { Random } from "../pairing/spake2plus";
import { BrowserKey, type Handle, MemoryKey, type TunnelKey, tunnelKey } from "./keys";

const DATABASE = "spoq";
const NEW = "new";
const BOXES = "boxes";
const KEY = "keys";

/** A device's own. */
export interface Keys {
  readonly device: BrowserKey | MemoryKey;
  readonly tunnel: TunnelKey;
}

/** What a device keeps of a box. `key`: Ed25519; certificates: X.509, DER. */
export interface Box {
  readonly serial: string;
  readonly key: Uint8Array;
  readonly profile: string;
  readonly device: string;
  readonly addresses: readonly string[];
  readonly boxAddress: string;
  readonly deviceAddress: string;
  readonly certificate: Uint8Array;
  readonly authority: Uint8Array;
}

interface KeptKeys {
  readonly handle: Handle;
  readonly tunnel: TunnelKey;
}

/** Whether this browser keeps keys for this page: only where it came by https, or from this computer. */
export function keeps(): boolean {
  return isSecureContext && typeof indexedDB === "object" && typeof crypto.subtle === "object";
}

let ofThisPage: Keys | null = null;

/** Those of a pairing that did not end well, or new ones. Where none can be kept they are this page's only. */
export async function keys(random: Random): Promise<Keys> {
  try {
    if (keeps()) {
      return await kept(random);
    }
  } catch {
    // A browser that forbids it, in a private window for example.
  }
  ofThisPage ??= { device: new MemoryKey(random), tunnel: tunnelKey(random) };
  return ofThisPage;
}

/** A pairing ended well: this page's keys are one box's, and no other's. */
export function used(): void {
  ofThisPage = null;
}

/** What a pairing gave, with its keys, which no other pairing uses. Rejects where the browser does not keep it. */
export async function save(box: Box, used: BrowserKey, tunnel: TunnelKey): Promise<void> {
  const database = await opened();
  try {
    const change = database.transaction([NEW, BOXES], "readwrite");
    change.objectStore(BOXES).put({ ...box, handle: used.handle, tunnel }, box.serial);
    change.objectStore(NEW).delete(KEY);
    await finished(change);
  } finally {
    database.close();
  }
}

async function kept(random: Random): Promise<Keys> {
  const database = await opened();
  try {
    const found = await result(database.transaction(NEW).objectStore(NEW).get(KEY) as IDBRequest<KeptKeys | undefined>);
    if (found !== undefined) {
      return { device: new BrowserKey(found.handle), tunnel: found.tunnel };
    }
    const made = { device: await BrowserKey.make(), tunnel: tunnelKey(random) };
    const change = database.transaction(NEW, "readwrite");
    change.objectStore(NEW).put({ handle: made.device.handle, tunnel: made.tunnel } satisfies KeptKeys, KEY);
    await finished(change);
    return made;
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(NEW);
    request.result.createObjectStore(BOXES);
  };
  return result(request);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(change: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onabort = change.onerror = () => reject(change.error);
  });
}
