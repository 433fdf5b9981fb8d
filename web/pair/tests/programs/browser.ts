/**
 * `browser.mjs SCENE JSON` (see `Wish`): a person at the page in Chromium; tells as JSON what was seen.
 * Faults are what nobody wants to see anywhere: what axe finds, an error in the console, a page that is too wide.
 */

import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

import { launched, Visit } from "../parts/browser";
import { chooses, Peripheral } from "../parts/peripheral";
import { equip } from "../parts/reader";

interface Wish {
  url: string;
  flags: string[];
  options: BrowserContextOptions;
  folder: string;
  code: string;
  wrong: string;
  /** Where the box is that has a radio, and what it is called. */
  box: string;
  name: string;
}

type Seen = Record<string, unknown>;

type Scene = (visit: Visit, wish: Wish, browser: Browser) => Promise<Seen>;

const KNOWN = { pairs, keeps, scans, scansInVain, owns, joins, loses, leaves, gone, bluetooth, near, nowhere, offline };
const SCENES: Record<string, Scene> = KNOWN;

/** Mistypes, reads what the page says, types a wrong code, then the right one; all by the keyboard. */
async function pairs(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.sees("code");
  const language = await page.evaluate(() => document.documentElement.lang);
  await visit.types("code", "1234");
  const mistyped = await visit.reads("code-error");
  await visit.looks("code-mistyped");
  await visit.types("code", wish.wrong);
  await visit.sees("name");
  const suggested = await page.inputValue("#name");
  await visit.types("name", "Anna’s phone");
  await visit.sees("refused");
  const refusal = await visit.reads("refusal");
  await visit.presses("again");
  await visit.types("code", wish.code);
  await visit.sees("name");
  const goOn = await held(page);
  await visit.presses("pair");
  await visit.sees("progress");
  goOn();
  await visit.sees("done");
  const told = await visit.reads("done-who");
  const kept = await page.isVisible("#kept");
  const file = kept ? "" : await saved(visit, "key-save");
  await page.click("#language");
  await visit.looks("done-other-language");
  const about = await page.evaluate(() => [...document.querySelectorAll("dd")].map((each) => each.textContent));
  const code = await page.inputValue("#code");
  return { language, mistyped, suggested, refusal, told, kept, file, about, code };
}

/** Is told what the browser keeps after a wrong code and after the right one, and signs what the input has. */
async function keeps(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.types("code", wish.wrong);
  await visit.types("name", "Anna’s phone");
  await visit.sees("refused");
  const first = await page.evaluate(kept, { store: "new", sign: "" });
  await visit.presses("again");
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await visit.sees("done");
  const left = await page.evaluate(kept, { store: "new", sign: "" });
  console.log(JSON.stringify({ first, left, box: await page.evaluate(kept, { store: "boxes", sign: "" }) }));
  return page.evaluate(kept, { store: "boxes", sign: await input() });
}

/** Holds the label in front of the camera, types another code after all, and then does not. */
async function scans(visit: Visit): Promise<Seen> {
  const { page } = visit;
  await equip(page);
  await page.reload();
  await visit.sees("code");
  await visit.presses("scan");
  await visit.sees("name");
  const said = await visit.reads("told");
  await visit.presses("name-back");
  const code = await page.inputValue("#code");
  await visit.types("code", "");
  const emptied = await visit.reads("code-error");
  await visit.presses("scan");
  await visit.sees("name");
  await visit.presses("pair");
  await visit.sees("done");
  return { said, code, emptied, told: await visit.reads("done-who") };
}

/** Holds something else in front of the camera, and types the code instead. */
async function scansInVain(visit: Visit): Promise<Seen> {
  const { page } = visit;
  await equip(page);
  await page.reload();
  await visit.sees("code");
  await visit.presses("scan");
  await page.waitForFunction(() => !document.querySelector("video")?.paused);
  await visit.sees("camera");
  await visit.presses("camera-cancel");
  await visit.sees("code");
  const there = await page.evaluate(() => document.activeElement?.id);
  const filming = await page.evaluate(() => document.querySelector("video")?.srcObject !== null);
  return { there, filming, code: await page.inputValue("#code") };
}

/** Is the first owner, and leaves before and after having taken the recovery key. */
async function owns(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await visit.sees("done");
  const key = await visit.reads("recovery-key");
  const [question] = await Promise.all([page.waitForEvent("dialog"), page.close({ runBeforeUnload: true })]);
  const asked = question.type();
  await question.dismiss();
  await visit.presses("recovery-copy");
  await page.waitForFunction(() => document.getElementById("told")?.textContent);
  const said = await visit.reads("told");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const file = await saved(visit, "recovery-save");
  await page.emulateMedia({ media: "print" });
  await visit.looks("done-printed");
  const title = await page.title();
  await Promise.all([page.waitForEvent("close"), page.close({ runBeforeUnload: true })]);
  return { key, asked, said, copied, file, title };
}

/** Has paired, looks at the networks there are, mistypes the password, and has the box join one. */
async function joins(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await page.waitForSelector("#wifi:not([hidden])");
  const said = await visit.reads("told");
  await visit.looks("wifi");
  const names = await page.evaluate(() => [...document.querySelectorAll("option")].map((each) => each.text));
  const fields = async () => [await page.isVisible("#ssid"), await page.isVisible("#password")];
  const asked = [await fields()];
  await visit.tabsTo("network");
  for (let more = 1; more < names.length; more++) {
    await page.keyboard.press("ArrowDown");
    asked.push(await fields());
  }
  await page.keyboard.press("Home");
  await visit.types("password", "wrong horse");
  await page.waitForSelector("#password-error:not([hidden])");
  const refused = await visit.reads("password-error");
  await visit.looks("wifi-refused");
  await visit.types("password", "correct horse");
  await page.waitForSelector("#wifi-done:not([hidden])");
  await visit.looks("wifi-done");
  return { said, names, asked, refused, done: await visit.reads("wifi-done") };
}

/** Has the box join a network, and loses it, as when its hotspot is gone with that; and then hears it again. */
async function loses(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await page.waitForSelector("#wifi:not([hidden])");
  await page.route("**/pair/*", (route) => route.abort());
  await visit.types("password", "correct horse");
  await page.waitForFunction(() => document.getElementById("wifi-progress")?.textContent.includes("any more"));
  const told = await visit.reads("wifi-progress");
  const key = await page.isVisible("#recovery-key");
  await visit.looks("wifi-lost");
  await page.unroute("**/pair/*");
  await page.waitForSelector("#wifi-done:not([hidden])");
  return { told, key, done: await visit.reads("wifi-done") };
}

/** Is in the box's hotspot, which is gone when the box joins a network. */
async function leaves(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  await visit.sees("code");
  const url = page.url();
  await visit.types("code", wish.code);
  await visit.sees("name");
  await visit.presses("pair");
  await page.waitForSelector("#wifi:not([hidden])");
  const names = await page.evaluate(() => [...document.querySelectorAll("option")].map((each) => each.text));
  await visit.types("password", "correct horse");
  const lost = () => document.getElementById("wifi-progress")?.textContent.includes("any more");
  await page.waitForFunction(lost, null, { timeout: 90_000 });
  const key = await visit.reads("recovery-key");
  const told = await visit.reads("wifi-progress");
  return { url, names, key, told, did: visit.did, screens: await visit.screens() };
}

/** Comes while the box can be paired, and is too late. */
async function gone(visit: Visit, wish: Wish): Promise<Seen> {
  await visit.sees("code");
  console.log(JSON.stringify({ waits: true }));
  await input();
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await visit.sees("refused");
  return { refusal: await visit.reads("refusal"), advice: await visit.reads("advice") };
}

/** Has the page from elsewhere: without a radio, then with one and a box nearby, of which none is chosen at first. */
async function bluetooth(visit: Visit, wish: Wish, browser: Browser): Promise<Seen> {
  const { page } = visit;
  const refusals: string[] = [];
  const isRefused = async () => {
    await visit.types("code", wish.code);
    await visit.types("name", "Anna’s phone");
    await visit.sees("refused");
    refusals.push(await visit.reads("refusal"));
    await visit.presses("again");
  };
  await visit.sees("code");
  const offered = await visit.reads("pair");
  await isRefused();
  const radio = await Peripheral.begin(browser, wish.box, wish.name);
  const questions = await chooses(page);
  await isRefused();
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await visit.sees("done");
  const told = await visit.reads("done-who");
  const kept = await page.isVisible("#kept");
  return { offered, refusals, questions: questions.size, told, kept, longest: Math.max(...radio.sizes) };
}

/** Has the page from elsewhere, and boxes near this computer's own Bluetooth: chooses none, and mistakes the code. */
async function near(visit: Visit, wish: Wish): Promise<Seen> {
  const { page } = visit;
  const questions = await chooses(page);
  const refusals: string[] = [];
  for (const code of [wish.code, wish.wrong]) {
    await visit.types("code", code);
    await visit.types("name", "Anna’s phone");
    await page.waitForSelector("#view-refused:not([hidden])", { timeout: 60_000 });
    refusals.push(await visit.reads("refusal"));
    await visit.presses("again");
  }
  await visit.types("code", wish.code);
  await visit.types("name", "Anna’s phone");
  await page.waitForSelector("#view-done:not([hidden])", { timeout: 60_000 });
  const told = await visit.reads("done-who");
  return { questions: questions.size, refusals, told, key: await visit.reads("recovery-key") };
}

/** Opens the page where there is no box. */
async function nowhere(visit: Visit): Promise<Seen> {
  await visit.sees("nowhere");
  const before = await visit.page.isVisible("#address");
  await visit.types("ending", "x9rc");
  const address = await visit.page.getAttribute("#address", "href");
  await visit.looks("nowhere-address");
  const session = await visit.page.context().newCDPSession(visit.page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // Windows that forget, as a test's are, install nothing at all.
  const against = installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito");
  return { before, address, against };
}

/** Comes again when the page can't be reached any more. */
async function offline(visit: Visit): Promise<Seen> {
  const { page } = visit;
  await page.evaluate(() => navigator.serviceWorker.ready);
  console.log(JSON.stringify({ waits: true }));
  await input();
  await page.reload();
  await visit.sees("nowhere");
  const heading = await page.textContent("#view-nowhere h1");
  await page.goto(`${page.url()}licences.txt`);
  return { heading, licences: await page.textContent("body") };
}

/** All that is said to this program. */
async function input(): Promise<string> {
  let said = "";
  for await (const part of process.stdin.setEncoding("utf8")) {
    said += String(part);
  }
  return said;
}

/** In the page: the first record of this store in hexadecimal, whether its key can be read, and a signature with it. */
async function kept({ store, sign }: { store: string; sign: string }): Promise<Seen> {
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const hex = (content: Uint8Array) => [...content].map((each) => each.toString(16).padStart(2, "0")).join("");
  const database = await result(indexedDB.open("spoq"));
  const [record] = await result(database.transaction(store).objectStore(store).getAll());
  database.close();
  if (record === undefined) {
    return {};
  }
  const { privateKey, publicKey } = record.handle as { privateKey: CryptoKey; publicKey: Uint8Array };
  const readable = await crypto.subtle.exportKey("pkcs8", privateKey).then(
    () => true,
    () => false,
  );
  const content = Uint8Array.from(sign.match(/../g) ?? [], (each) => parseInt(each, 16));
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, content);
  const box = store === "boxes" ? { box_key: hex(record.key), authority: hex(record.authority) } : {};
  return { ...box, key: hex(publicKey), readable, signature: hex(new Uint8Array(signature)) };
}

/** From now on the box's answers are on their way until somebody calls what this gives. */
async function held(page: Page): Promise<() => void> {
  let goOn: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (goOn = resolve));
  await page.route("**/pair/*", async (route) => {
    await gone;
    await route.continue();
  });
  return goOn;
}

/** The file that a press of this button saves. */
async function saved(visit: Visit, button: string): Promise<string> {
  const [download] = await Promise.all([visit.page.waitForEvent("download"), visit.page.click(`#${button}`)]);
  return readFileSync(await download.path(), "utf8");
}

const [scene = "", wished = "{}"] = process.argv.slice(2);
const wish = JSON.parse(wished) as Wish;
const browser = await launched(...wish.flags);
try {
  const visit = await Visit.begin(browser, wish.url, wish.folder, wish.options);
  const seen = await SCENES[scene]?.(visit, wish, browser).catch(async (error: unknown) => {
    console.error(await visit.page.innerText("body"));
    throw error;
  });
  console.log(JSON.stringify({ ...seen, faults: visit.faults, requests: visit.requests }));
} finally {
  await browser.close();
}
