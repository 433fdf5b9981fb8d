/** The last part of the page: what the pairing gave, and what a person must not lose. */

import type { DeviceSide } from "../pairing/device-side";
import * as serials from "../pairing/serial";
import * as files from "./files";
import * as keeping from "./keeping";
import { BrowserKey, MemoryKey } from "./keys";
import { element, type View } from "./view";

/** Hears where the box is reached, too. */
export type Joined = (addresses: readonly string[]) => void;

/** Shows it. The recovery key is nowhere but here: leaving without having taken it is asked about. */
export async function showDone(view: View, side: DeviceSide, keys: keeping.Keys): Promise<Joined> {
  const box = boxOf(side);
  const kept = await keptBy(box, keys);
  element("recovery").hidden = side.recoveryKey === "";
  element("recovery-key").textContent = side.recoveryKey;
  element("kept").hidden = !kept;
  element("own-key").hidden = kept || !(keys.device instanceof MemoryKey);
  if (side.recoveryKey !== "") {
    offerRecoveryKey(view, box.serial, side.recoveryKey);
  }
  if (keys.device instanceof MemoryKey) {
    offerKey(view, box, keys.device);
  }
  view.speak(() => {
    const { device, profile } = box;
    // The first owner's profile is called as the device is.
    element("done-who").textContent = view.words(profile === device ? "doneWho" : "doneWhose", { device, profile });
    list(view, box.serial, box.addresses);
  });
  view.show("done");
  return (more) => {
    const addresses = [...new Set([...box.addresses, ...more])];
    view.speakMore(() => list(view, box.serial, addresses));
    void keptBy({ ...box, addresses }, keys);
  };
}

function boxOf(side: DeviceSide): keeping.Box {
  const { profile, device, addresses, boxAddress, deviceAddress, certificate, authority } = side.enrolment;
  const serial = side.serial ?? "";
  return { serial, key: side.boxKey, profile, device, addresses, boxAddress, deviceAddress, certificate, authority };
}

async function keptBy(box: keeping.Box, keys: keeping.Keys): Promise<boolean> {
  if (!(keys.device instanceof BrowserKey)) {
    return false;
  }
  try {
    await keeping.save(box, keys.device, keys.tunnel);
    return true;
  } catch {
    return false;
  }
}

function offerRecoveryKey(view: View, serial: string, key: string): void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  addEventListener("beforeunload", warn);
  const taken = (told: string) => {
    removeEventListener("beforeunload", warn);
    view.tell(told);
  };
  element("recovery-save").addEventListener("click", () => {
    const heading = element("recovery").querySelector("h2")?.textContent ?? "";
    files.save(`${serial}-recovery-key.txt`, `${heading}\n${serial}\n\n${key}\n`);
    taken(view.words("saved"));
  });
  element("recovery-copy").addEventListener("click", () => {
    void files.copy(element("recovery-key")).then((copied) => copied && taken(view.words("copied")));
  });
  element("recovery-print").addEventListener("click", () => {
    print();
    taken("");
  });
}

/** As `spoq phone` keeps it: the key, and behind it its certificate and the box's authority. */
function offerKey(view: View, box: keeping.Box, key: MemoryKey): void {
  element("key-save").addEventListener("click", () => {
    const certificates = [box.certificate, box.authority].map((each) => files.pem("CERTIFICATE", each));
    files.save(`${box.serial}-device.pem`, [files.pem("PRIVATE KEY", key.document()), ...certificates].join(""));
    view.tell(view.words("saved"));
  });
}

/** What is known of the box, as terms and what they are. */
function list(view: View, serial: string, addresses: readonly string[]): void {
  const rows: [string, string][] = [
    [view.words("host"), serials.shortName(serial)],
    [view.words("serial"), serial],
  ];
  if (addresses.length > 0) {
    rows.push([view.words("addresses"), addresses.join(", ")]);
  }
  const parts = rows.flatMap(([term, text]) => {
    const [name, value] = [document.createElement("dt"), document.createElement("dd")];
    name.textContent = term;
    value.textContent = text;
    return [name, value];
  });
  element("about").replaceChildren(...parts);
}
