/**
 * The page: which part follows which.
 *
 *     start ──▶ code ──▶ name ──▶ progress ──▶ done
 *       │         ▲ ▼               ▲ ▼
 *       ▼       camera             refused
 *     nowhere
 */

import { type Device, DeviceSide } from "../pairing/device-side";
import { PairingError } from "../pairing/errors";
import { name as checkedName } from "../pairing/messages";
import * as serials from "../pairing/serial";
import * as setupCode from "../pairing/setup-code";
import { pair, type Way } from "../ways/attempt";
import * as bluetooth from "../ways/bluetooth";
import * as http from "../ways/http";
import { Stay } from "../ways/stay";
import * as camera from "./camera";
import { showDone } from "./done";
import * as keeping from "./keeping";
import * as surroundings from "./surroundings";
import { element, View } from "./view";
import * as wifi from "./wifi";
import { WORDS } from "./words";

const view = new View();
const code = element<HTMLInputElement>("code");
const name = element<HTMLInputElement>("name");
/** Of a label that was scanned: then only that box will do. */
let serial: string | null = null;
let byNetwork = false;
let scanning = new AbortController();

function random(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** What was typed, checked, or null: then it is said what is wrong with it. */
function checked(field: "code" | "name", check: (text: string) => string): string | null {
  try {
    const found = check(element<HTMLInputElement>(field).value);
    view.complain(field, null);
    return found;
  } catch (error) {
    view.complain(field, error as PairingError);
    return null;
  }
}

function askForName(): void {
  if (checked("code", setupCode.parse) !== null) {
    view.show("name");
  }
}

async function scan(): Promise<void> {
  scanning = new AbortController();
  view.show("camera");
  try {
    const found = await camera.scanned(element<HTMLVideoElement>("video"), scanning.signal);
    if (found !== null) {
      code.value = setupCode.grouped(found.code);
      serial = found.serial;
      view.show("name");
      view.tell(view.words("scanned"));
      return;
    }
    view.show("code");
  } catch (error) {
    view.show("code");
    if (error instanceof PairingError) {
      view.complain("code", error);
    }
  }
  code.focus();
}

/** `find` may ask the person for a box, so that it comes first: browsers allow that only while a press is fresh. */
async function pairBy(find: () => Way | Promise<Way>): Promise<void> {
  const called = checked("name", checkedName);
  if (called === null) {
    return;
  }
  try {
    const way = await find();
    view.progress(null);
    view.show("progress");
    const keys = await keeping.keys(random);
    const device: Device = {
      key: keys.device,
      name: called,
      wireguardKey: keys.tunnel.publicKey,
      zone: surroundings.zone(),
      locale: surroundings.locale(navigator.language),
      imperial: surroundings.imperial(navigator.language),
      stays: true,
    };
    const side = new DeviceSide(device, setupCode.parse(code.value), serial, random, Date.now());
    await pair(way, side, (step) => view.progress(step));
    code.value = "";
    keeping.used();
    const joined = await showDone(view, side, keys);
    if (side.asks) {
      await wifi.offer(view, new Stay(way, side), joined);
    }
  } catch (error) {
    refuse(error instanceof PairingError ? error : new PairingError("Malformed"));
  }
}

function refuse(error: PairingError): void {
  view.speak(() => {
    const [wrong, advice] = view.trouble(error);
    element("refusal").textContent = wrong;
    element("advice").textContent = advice;
  });
  view.show("refused");
}

function toNetwork(): Promise<void> {
  return pairBy(() => new http.HttpWay(location.href, random));
}

function toBluetooth(): Promise<void> {
  return pairBy(async () => new bluetooth.BluetoothWay(await bluetooth.picked()));
}

/** Leads to the page of the box with this ending. */
function showAddress(): void {
  const link = element<HTMLAnchorElement>("address");
  const ending = element<HTMLInputElement>("ending").value;
  link.hidden = !/^[2-9A-HJKMNP-Z]{4}$/i.test(ending);
  const host = `http://${serials.hostName(ending)}:7767/`;
  link.href = host;
  link.textContent = view.words("openBox", { host });
}

function listen(): void {
  element("language").addEventListener("click", () => view.turn());
  element("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    askForName();
  });
  element("name-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void (byNetwork ? toNetwork() : toBluetooth());
  });
  code.addEventListener("input", () => {
    serial = null;
    // Only where it was typed on: who mends a digit in the middle keeps the place.
    if (code.selectionStart === code.value.length) {
      code.value = setupCode.grouped(code.value);
    }
  });
  element("scan").addEventListener("click", () => void scan());
  element("camera-cancel").addEventListener("click", () => scanning.abort());
  element("by-bluetooth").addEventListener("click", () => void toBluetooth());
  element("name-back").addEventListener("click", () => view.show("code"));
  element("again").addEventListener("click", () => {
    view.speak(showName);
    view.show("code");
    code.select();
  });
  element("ending").addEventListener("input", showAddress);
}

/** A name to begin with, as long as nobody has typed another. */
function showName(): void {
  if (name.dataset["typed"] === undefined) {
    name.value = WORDS[view.language].kinds[surroundings.kind(navigator.userAgent)];
  }
}

async function start(): Promise<void> {
  view.speak(showName);
  listen();
  name.addEventListener("input", () => (name.dataset["typed"] = ""));
  const [network, reads] = await Promise.all([http.isThere(location.href, random), camera.isThere()]);
  const radio = bluetooth.isThere();
  byNetwork = network;
  element("scan").hidden = !reads;
  element("by-bluetooth").hidden = !(network && radio);
  element("not-kept").hidden = keeping.keeps();
  if (!network && radio) {
    element("pair").dataset["words"] = "pairByBluetooth";
  }
  view.speak();
  view.show(network || radio ? "code" : "nowhere");
  if (!network && "serviceWorker" in navigator) {
    // The box's own page is gone with its window, and need not be kept.
    await navigator.serviceWorker.register("offline.js").catch(() => undefined);
  }
}

void start();
