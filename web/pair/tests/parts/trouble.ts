/** What went wrong, by its name. */

import { PairingError, type Trouble } from "../../src/pairing/errors";

/** The trouble that this ends in; "none" where it ends well. */
export function trouble(act: () => unknown): Trouble | "none" {
  try {
    act();
  } catch (error) {
    return named(error);
  }
  return "none";
}

/** The same, of what takes its time. */
export async function troubleOf(act: () => Promise<unknown>): Promise<Trouble | "none"> {
  try {
    await act();
  } catch (error) {
    return named(error);
  }
  return "none";
}

function named(error: unknown): Trouble {
  if (error instanceof PairingError) {
    return error.trouble;
  }
  throw error;
}
