/**
 * The device's side of one run: what it says, what it hears, and what it has at the end, as in pairing/device_side.py.
 *
 *     hello ──▶ answer ──▶ enrolment ──▶ known ──▶ over
 *                                          │         ▲
 *                        the device stays  ▼         │ leaves
 *                            waiting ◀──▶ staying ───┘
 *
 * Each state is what the device waits for; in `staying` the box waits for what the device asks. It does no I/O; only
 * its key may need the browser to sign.
 */

import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import * as channels from "./channel";
import { PairingError } from "./errors";
import * as messages from "./messages";
import * as pb from "./messages_pb";
import * as refusals from "./refusals";
import * as serials from "./serial";
import { drawn, Proving, type Random } from "./spake2plus";
import { scalars } from "./verifier";

const NONCE_BYTES = 32;
const CONTEXT = utf8ToBytes("spoq pairing 1\0");
/** In front of what a run came to, so that no signature here is one of anything else. */
const DEVICE_SIGNS = utf8ToBytes("spoq pairing 1: I am this device\0");
const BOX_SIGNS = utf8ToBytes("spoq pairing 1: I am this box\0");

type Said = NonNullable<MessageInitShape<typeof pb.FromDeviceSchema>["message"]>;
type Within = NonNullable<MessageInitShape<typeof pb.WithinFromDeviceSchema>["message"]>;

export type State = "hello" | "answer" | "enrolment" | "known" | "staying" | "waiting" | "over";

/** What the box will know a device by: P-256, 65 bytes, and whoever signs with it, ECDSA with SHA-256 in DER. */
export interface Key {
  readonly publicKey: Uint8Array;
  sign(content: Uint8Array): Promise<Uint8Array>;
}

/** What a device brings. `wireguardKey` is its public one. */
export interface Device {
  readonly key: Key;
  readonly name: string;
  readonly wireguardKey: Uint8Array;
  readonly zone: string;
  readonly locale: string;
  readonly imperial: boolean;
  /** Whether it has more to ask when it is known. */
  readonly stays: boolean;
}

/**
 * One run, with the box of `serial` or, where only a code was typed, with whichever answers.
 *
 * After an error the run is over. `boxKey` (Ed25519, raw) and `enrolment` are what the device keeps: from `known` on it
 * has both, and when it has `ended`, the box knows it. The first owner's device has `recoveryKey` then.
 *
 * A device that stays asks for `look`, `join` and at last `leave`, each when `asks` is true: what they give goes to the
 * box, and `seen` or `joined` is its answer.
 */
export class DeviceSide {
  state: State = "hello";
  boxKey = new Uint8Array(0);
  enrolment: pb.Enrolment = create(pb.EnrolmentSchema);
  recoveryKey = "";
  /** Whether the box knows the device now. */
  ended = false;
  seen: pb.WifiSeen = create(pb.WifiSeenSchema);
  joined: pb.WifiJoined = create(pb.WifiJoinedSchema);
  readonly first: Uint8Array;
  private proving: Proving | undefined;
  private proof: Uint8Array = new Uint8Array(0);
  private channel: channels.Channel | undefined;

  constructor(
    private readonly device: Device,
    private readonly code: string,
    public serial: string | null,
    private readonly random: Random,
    private readonly unixMs: number,
  ) {
    const hello = { version: messages.VERSION, key: device.key.publicKey, nonce: random(NONCE_BYTES) };
    this.first = fromDevice({ case: "hello", value: hello });
  }

  get asks(): boolean {
    return this.state === "staying";
  }

  look(): Uint8Array {
    return this.asked("waiting", { case: "look", value: {} });
  }

  /** Without a password: an open network. */
  join(ssid: Uint8Array, password: string): Uint8Array {
    return this.asked("waiting", { case: "join", value: { ssid, password: utf8ToBytes(password) } });
  }

  leave(): Uint8Array {
    return this.asked("over", { case: "leave", value: {} });
  }

  /** What the device says to a message of the box, in this order. Throws PairingError. */
  async take(content: Uint8Array): Promise<Uint8Array[]> {
    const state = this.state;
    this.state = "over";
    const message = messages.fromBox(content);
    if (message.case === "refusal") {
      throw refusals.error(message.value);
    }
    if (state === "hello" && message.case === "hello") {
      return this.takeHello(message.value, content);
    }
    if (state === "answer" && message.case === "answer") {
      return this.takeAnswer(message.value);
    }
    if (state === "enrolment" && message.case === "sealed") {
      return this.takeEnrolment(message.value);
    }
    if (state === "known" && message.case === "sealed") {
      return this.takeLast(message.value);
    }
    if (state === "waiting" && message.case === "sealed") {
      return this.takeAnswered(message.value);
    }
    throw new PairingError("Malformed");
  }

  private async takeHello(hello: pb.BoxHello, content: Uint8Array): Promise<Uint8Array[]> {
    if (hello.version !== messages.VERSION) {
      throw new PairingError("OtherVersion");
    }
    const found = serials.parse(hello.serial);
    if (this.serial !== null && this.serial !== found) {
      throw new PairingError("WrongBox");
    }
    this.serial = found;
    this.boxKey = Uint8Array.from(hello.key);
    const said = sha256(concatBytes(sha256(this.first), sha256(content)));
    const about = { context: concatBytes(CONTEXT, said), prover: this.device.key.publicKey, verifier: this.boxKey };
    this.proving = new Proving(about, await scalars(this.code, hello.salt, found), drawn(this.random));
    this.state = "answer";
    return [fromDevice({ case: "share", value: { share: this.proving.share } })];
  }

  private async takeAnswer(answer: pb.Answer): Promise<Uint8Array[]> {
    const { confirmation, shared } = there(this.proving).finish(answer.share, answer.confirmation);
    const secrets = channels.secrets(shared);
    this.channel = channels.ofDevice(secrets);
    this.proof = secrets.proof;
    const { key, name, wireguardKey, zone, locale, imperial, stays } = this.device;
    const introduction = {
      signature: await key.sign(concatBytes(DEVICE_SIGNS, this.proof)),
      name,
      wireguardKey,
      unixMs: BigInt(this.unixMs),
      zone,
      locale,
      units: imperial ? pb.Units.IMPERIAL : pb.Units.METRIC,
      stays,
    };
    this.state = "enrolment";
    return [
      fromDevice({ case: "confirmation", value: { confirmation } }),
      this.sealed({ case: "introduction", value: introduction }),
    ];
  }

  private takeEnrolment(sealed: Uint8Array): Uint8Array[] {
    const within = messages.withinFromBox(there(this.channel).open(sealed));
    if (within.case !== "enrolment") {
      throw new PairingError("Malformed");
    }
    if (!signed(within.value.signature, concatBytes(BOX_SIGNS, this.proof), this.boxKey)) {
      throw new PairingError("WrongKey");
    }
    this.enrolment = within.value;
    this.state = "known";
    return [this.sealed({ case: "taken", value: {} })];
  }

  private takeLast(sealed: Uint8Array): Uint8Array[] {
    const within = messages.withinFromBox(there(this.channel).open(sealed));
    if (within.case !== "known") {
      throw new PairingError("Malformed");
    }
    this.recoveryKey = within.value.recoveryKey;
    this.ended = true;
    if (this.device.stays && within.value.stays) {
      this.state = "staying";
    }
    return [];
  }

  private takeAnswered(sealed: Uint8Array): Uint8Array[] {
    const within = messages.withinFromBox(there(this.channel).open(sealed));
    if (within.case === "seen") {
      this.seen = within.value;
    } else if (within.case === "joined") {
      this.joined = within.value;
    } else {
      throw new PairingError("Malformed");
    }
    this.state = "staying";
    return [];
  }

  private asked(state: State, message: Within): Uint8Array {
    if (!this.asks) {
      throw new PairingError("Malformed");
    }
    this.state = state;
    return this.sealed(message);
  }

  private sealed(message: Within): Uint8Array {
    const within = toBinary(pb.WithinFromDeviceSchema, create(pb.WithinFromDeviceSchema, { message }));
    return fromDevice({ case: "sealed", value: there(this.channel).seal(within) });
  }
}

function fromDevice(message: Said): Uint8Array {
  return toBinary(pb.FromDeviceSchema, create(pb.FromDeviceSchema, { message }));
}

/** Ed25519, as RFC 8032 has it. */
function signed(signature: Uint8Array, content: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, content, key, { zip215: false });
  } catch {
    return false;
  }
}

function there<T>(made: T | undefined): T {
  if (made === undefined) {
    throw new PairingError("Malformed");
  }
  return made;
}
