/** Reading the label with the camera, where the browser has a reader of its own. The picture stays in this page. */

import { PairingError } from "../pairing/errors";
import * as label from "../pairing/label";

const LOOK_MS = 200;
const FORMAT = "qr_code";

interface Reader {
  detect(picture: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

interface ReaderKind {
  new (options: { formats: string[] }): Reader;
  getSupportedFormats(): Promise<string[]>;
}

/** Whether this browser can. */
export async function isThere(): Promise<boolean> {
  const kind = readerKind();
  try {
    return kind !== undefined && "mediaDevices" in navigator && (await kind.getSupportedFormats()).includes(FORMAT);
  } catch {
    return false;
  }
}

/** Until a label is seen, or `ending` says so: null. Throws NewerLabel; rejects where the person does not allow it. */
export async function scanned(video: HTMLVideoElement, ending: AbortSignal): Promise<label.Scan | null> {
  const kind = readerKind();
  if (kind === undefined) {
    return null;
  }
  const reader = new kind({ formats: [FORMAT] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!ending.aborted) {
      for (const { rawValue } of await reader.detect(video)) {
        const found = read(rawValue);
        if (found !== null) {
          return found;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  } finally {
    video.srcObject = null;
    stream.getTracks().forEach((each) => each.stop());
  }
}

/** Null where it is another code: the label has two. */
function read(text: string): label.Scan | null {
  try {
    return label.parse(text);
  } catch (error) {
    if (error instanceof PairingError && error.trouble === "NotALabel") {
      return null;
    }
    throw error;
  }
}

function readerKind(): ReaderKind | undefined {
  return (globalThis as { BarcodeDetector?: ReaderKind }).BarcodeDetector;
}
