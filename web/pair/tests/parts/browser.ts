/** Chromium, headless, and what is looked at in every part of the page. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

// What is built lies elsewhere: packages are found from the folder that this runs in.
const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core") as typeof import("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const NARROW = 320;
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The distribution's Chromium, or the one that $CHROMIUM names. */
export function launched(...flags: string[]): Promise<Browser> {
  const found = process.env["CHROMIUM"] ?? PLACES.find(existsSync);
  if (found === undefined) {
    throw new Error("There is no Chromium here.");
  }
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: found, headless: true, args: [...QUIET, ...asRoot, ...flags] });
}

/** Somebody who looks at one page, and notes what would be wrong with it. */
export class Visit {
  readonly faults: string[] = [];
  readonly requests: string[] = [];
  /** What was done, by the name of what was typed in or pressed. */
  readonly did: string[] = [];
  private pictures = 0;

  private constructor(
    readonly page: Page,
    private readonly folder: string,
  ) {
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.faults.push(message.text());
      }
    });
  }

  /** Opens the page as a phone would. `folder`: for screenshots. */
  static async begin(browser: Browser, url: string, folder: string, options: BrowserContextOptions): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
    await context.addInitScript(watched);
    const visit = new Visit(await context.newPage(), folder);
    await visit.page.goto(url);
    return visit;
  }

  /** Waits for a part of the page, and looks at it: axe, a narrow window, the keyboard's place, a screenshot. */
  async sees(part: string): Promise<void> {
    await this.page.waitForSelector(`#view-${part}:not([hidden])`);
    const where = await this.page.evaluate(() => document.activeElement?.tagName ?? "");
    if (!["H1", "INPUT"].includes(where)) {
      this.faults.push(`${part}: the keyboard is at ${where}`);
    }
    await this.looks(part);
  }

  /** The same, without waiting for it. */
  async looks(part: string): Promise<void> {
    const { page } = this;
    await page.evaluate(AXE);
    const found = await page.evaluate(async (levels) => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run(document, { runOnly: levels });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" ")}`);
    }, LEVELS);
    this.faults.push(...found.map((each) => `${part}: ${each}`));
    await page.screenshot({ path: join(this.folder, `${10 + this.pictures++}-${part}.png`), fullPage: true });
    const size = page.viewportSize();
    await page.setViewportSize({ width: NARROW, height: 640 });
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) {
      this.faults.push(`${part}: wider than ${NARROW} pixels`);
    }
    if (size !== null) {
      await page.setViewportSize(size);
    }
  }

  /** What is written there. */
  async reads(id: string): Promise<string> {
    return (await this.page.textContent(`#${id}`)) ?? "";
  }

  /** Presses Tab until the keyboard is at this element. */
  async tabsTo(id: string): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      await this.page.keyboard.press("Tab");
      if ((await this.page.evaluate(() => document.activeElement?.id)) === id) {
        return;
      }
    }
    throw new Error(`The keyboard does not reach ${id}.`);
  }

  /** Goes there and presses Enter. */
  async presses(id: string): Promise<void> {
    this.did.push(id);
    await this.tabsTo(id);
    await this.page.keyboard.press("Enter");
  }

  /** The parts of the page that were shown, in their order. */
  async screens(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as { screens: string[] }).screens);
  }

  /** Types it there, in place of what there is, and presses Enter; by the keyboard alone. */
  async types(id: string, text: string): Promise<void> {
    this.did.push(id);
    if ((await this.page.evaluate(() => document.activeElement?.id)) !== id) {
      await this.tabsTo(id);
    }
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }
}

/** Runs in the page: notes each part that is shown. */
function watched(): void {
  const screens: string[] = [];
  Object.assign(globalThis, { screens });
  const look = () => {
    const shown = document.querySelector("[id^=view-]:not([hidden])")?.id.slice("view-".length);
    if (shown !== undefined && screens.at(-1) !== shown) {
      screens.push(shown);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["hidden"] });
}
