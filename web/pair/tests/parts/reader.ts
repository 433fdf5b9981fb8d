/** A reader of QR codes for a Chromium that has none (Linux): what `BarcodeDetector` is elsewhere, by jsQR. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";

const require = createRequire(join(process.cwd(), "package.json"));

/** The page has it from its next start on. */
export async function equip(page: Page): Promise<void> {
  await page.addInitScript({ content: readFileSync(require.resolve("jsqr"), "utf8") });
  await page.addInitScript(() => {
    type Decode = (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null;

    class Reader {
      static getSupportedFormats(): Promise<string[]> {
        return Promise.resolve(["qr_code"]);
      }

      detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]> {
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        const context = canvas.getContext("2d");
        context?.drawImage(video, 0, 0);
        const picture = context?.getImageData(0, 0, canvas.width, canvas.height);
        const decode = (globalThis as unknown as { jsQR: Decode }).jsQR;
        const found = picture && decode(picture.data, picture.width, picture.height);
        return Promise.resolve(found ? [{ rawValue: found.data }] : []);
      }
    }
    Object.assign(globalThis, { BarcodeDetector: Reader });
  });
}
