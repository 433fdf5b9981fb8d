/** The box's Wi-Fi, chosen by whoever has just paired: a part of the last view. */

import { PairingError } from "../pairing/errors";
import { type WifiNetwork, WifiSecurity } from "../pairing/messages_pb";
import type { Stay } from "../ways/stay";
import type { Joined } from "./done";
import { element, type View } from "./view";

/** A box gives up who is silent for two minutes; who reads and types may be silent longer. */
const STILL_THERE_MS = 12_000;
const ANOTHER = "";

/** Offers it, unless the box has no radio or does not answer; `joined` hears where the box is then. */
export async function offer(view: View, stay: Stay, joined: Joined): Promise<void> {
  let networks: readonly WifiNetwork[];
  try {
    networks = await stay.networks();
  } catch {
    await stay.leave();
    return;
  }
  const waiting = setInterval(() => void stay.networks().catch(() => clearInterval(waiting)), STILL_THERE_MS);
  const end = () => {
    clearInterval(waiting);
    element("wifi").hidden = true;
    void stay.leave();
  };
  const names = networks.map(({ ssid }) => new TextDecoder().decode(ssid));
  const network = element<HTMLSelectElement>("network");
  choices(view, network, names);
  element("wifi").hidden = false;
  view.tell(view.words("wifiThere"));

  const show = () => {
    const chosen = networks[Number(network.value)];
    element("another").hidden = network.value !== ANOTHER;
    element("password-part").hidden = network.value !== ANOTHER && chosen?.security === WifiSecurity.OPEN;
  };
  network.addEventListener("change", show);
  show();
  element("wifi-skip").addEventListener("click", end);
  element("wifi-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void join();
  });

  async function join(): Promise<void> {
    const another = element<HTMLInputElement>("ssid").value;
    const name = network.value === ANOTHER ? another : (names[Number(network.value)] ?? "");
    const ssid = network.value === ANOTHER ? new TextEncoder().encode(another) : networks[Number(network.value)]?.ssid;
    const button = element<HTMLButtonElement>("wifi-join");
    const open = element("password-part").hidden;
    button.disabled = true;
    view.complain("password", null);
    element("wifi-progress").textContent = view.words("joining", { name });
    try {
      const password = open ? "" : element<HTMLInputElement>("password").value;
      const addresses = await stay.join(ssid ?? new Uint8Array(0), password, () => {
        element("wifi-progress").textContent = view.words("lost", { name });
      });
      end();
      joined(addresses);
      element("wifi-done").hidden = false;
      view.speakMore(() => (element("wifi-done").textContent = view.words("inWifi", { name })));
      view.tell(view.words("inWifi", { name }));
      element("wifi-done").focus();
    } catch (error) {
      view.complain("password", error instanceof PairingError ? error : new PairingError("JoinFailed"));
    } finally {
      element("wifi-progress").textContent = "";
      button.disabled = false;
    }
  }
}

/** The networks by their names, and one that is not among them. */
function choices(view: View, network: HTMLSelectElement, names: readonly string[]): void {
  const another = new Option("", ANOTHER);
  network.replaceChildren(...names.map((name, at) => new Option(name, String(at))), another);
  view.speakMore(() => (another.text = view.words("another")));
}
