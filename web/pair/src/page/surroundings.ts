/** What the browser says of the device, in the forms that the box takes (pairing/messages.py). */

import type { Kind } from "./words";

const ZONE = /^[A-Za-z][A-Za-z0-9_+-]{0,31}(?:\/[A-Za-z0-9_+-]{1,31}){0,2}$/;
const LOCALE = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/;
/** Where people measure otherwise than by metres. */
const IMPERIAL = ["US", "LR", "MM"];

/** The time zone by its name, Europe/Berlin; empty where the browser does not know. */
export function zone(): string {
  const found = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  return ZONE.test(found) ? found : "";
}

/** The language tag, de-CH; empty where it is none that the box knows. */
export function locale(tag: string): string {
  return LOCALE.test(tag) ? tag : "";
}

/** Whether people there measure by feet. */
export function imperial(tag: string): boolean {
  return IMPERIAL.includes(/^[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Z]{2})\b/.exec(tag)?.[1] ?? "");
}

/** What this device probably is: only for a name that its person may change. */
export function kind(agent: string): Kind {
  const signs: [RegExp, Kind][] = [
    [/iPhone/, "iphone"],
    [/iPad/, "ipad"],
    [/Android/, "android"],
    [/Macintosh/, "mac"],
    [/Windows/, "windows"],
  ];
  return signs.find(([sign]) => sign.test(agent))?.[1] ?? "computer";
}
