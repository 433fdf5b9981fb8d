/** What a device that was let in asks of its box before it leaves: which networks there are, and to join one. */

import type { DeviceSide } from "../pairing/device-side";
import { PairingError } from "../pairing/errors";
import type { WifiNetwork } from "../pairing/messages_pb";
import * as outcomes from "../pairing/outcomes";
import type { Way } from "./attempt";

/** How long a box may be away, and how often it is asked meanwhile: as long as it waits for its device. */
const AWAY_MS = 270_000;
const AGAIN_MS = 3_000;

/** One device's, after `pair`, of a side that stays. One thing after the other is asked, whoever asks. */
export class Stay {
  private before: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly way: Way,
    private readonly side: DeviceSide,
  ) {}

  /** The strongest first. Throws PairingError: there is no radio, or the box does not answer. */
  networks(): Promise<readonly WifiNetwork[]> {
    return this.then(async () => {
      await this.asked(this.side.look());
      outcomes.check(this.side.seen.outcome);
      return this.side.seen.networks;
    });
  }

  /**
   * Where the box is reached then. `lost` is called when it does not answer any more: a hotspot is away while its box
   * joins a network, and comes back where it could not. Throws PairingError: why not; WentAway: it did not come back.
   */
  join(ssid: Uint8Array, password: string, lost: () => void): Promise<readonly string[]> {
    return this.then(async () => {
      await this.askedUntilAnswered(this.side.join(ssid, password), lost);
      outcomes.check(this.side.joined.outcome);
      return this.side.joined.addresses;
    });
  }

  private async askedUntilAnswered(said: Uint8Array, lost: () => void): Promise<void> {
    const until = Date.now() + AWAY_MS;
    for (;;) {
      try {
        await this.asked(said);
        return;
      } catch (error) {
        if (!(error instanceof PairingError && error.trouble === "NotReached")) {
          throw error;
        }
        if (!this.way.repeats || Date.now() > until) {
          throw new PairingError("WentAway");
        }
        lost();
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** The box waits no longer. Never throws. */
  leave(): Promise<void> {
    return this.then(async () => {
      try {
        if (this.side.asks) {
          await this.way.say([this.side.leave()]);
        }
      } catch {
        // It gives up by itself.
      }
      await this.way.leave(true);
    });
  }

  private async asked(said: Uint8Array): Promise<void> {
    for (const each of await this.way.ask([said])) {
      await this.side.take(each);
    }
  }

  private then<T>(act: () => Promise<T>): Promise<T> {
    const done = this.before.then(act);
    this.before = done.catch(() => undefined);
    return done;
  }
}
