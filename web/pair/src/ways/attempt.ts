/** One attempt to pair, by whatever way. */

import type { DeviceSide } from "../pairing/device-side";
import { PairingError } from "../pairing/errors";

/** How far it is: each is what has happened. */
export const STEPS = ["found", "knows", "lets-in", "paired"] as const;
export type Step = (typeof STEPS)[number];

/** Carries what a device says to a box, and brings what the box says to it. */
export interface Way {
  /** Whether the same may be said again where no answer came: the box gives the same answer. */
  readonly repeats: boolean;
  /** Throws PairingError: nobody is there, or nothing that makes sense. */
  ask(messages: Uint8Array[]): Promise<Uint8Array[]>;
  /** The same, where the box has nothing to say to it. */
  say(messages: Uint8Array[]): Promise<void>;
  /** This attempt is over, well or not: the box need not wait for it any longer. Never throws. */
  leave(paired: boolean): Promise<void>;
}

/**
 * The whole run, until the box knows the device; one that stays goes on by `Stay`. `tell` hears how far it is.
 * Throws PairingError as the way, the box or this side says.
 */
export async function pair(way: Way, side: DeviceSide, tell: (step: Step) => void): Promise<void> {
  let waiting = [side.first];
  try {
    for (const step of STEPS) {
      const answers = await way.ask(waiting);
      waiting = [];
      for (const each of answers) {
        waiting.push(...(await side.take(each)));
      }
      tell(step);
    }
    if (!side.ended) {
      throw new PairingError("Malformed");
    }
  } catch (error) {
    // Whoever mistyped begins anew at once.
    await way.leave(false);
    throw error;
  }
  if (!side.asks) {
    await way.leave(true);
  }
}
