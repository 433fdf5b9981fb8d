/**
 * The messages of pairing, checked: whatever a box sends goes through `fromBox` or `withinFromBox`, as in
 * pairing/messages.py. What does not fit is Malformed. Pure.
 */

import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

import { KEY_BYTES } from "./channel";
import { PairingError } from "./errors";
import * as pb from "./messages_pb";
import * as serials from "./serial";
import { POINT_BYTES } from "./verifier";

export const VERSION = 1;
/** Of any message. */
export const MOST_BYTES = 8192;
/** In one request, or its answer. */
const MOST_MESSAGES = 2;
const NONCE_BYTES = 32;
const SALT_BYTES = 32;
const CONFIRMATION_BYTES = 32;
const MOST_SEALED = 4096;
const MOST_SIGNATURE = 80;
const MOST_CERTIFICATE = 1024;
const MOST_ADDRESSES = 8;
const MOST_TEXT = 128;
const MOST_NAME = 64;
const MOST_NETWORKS = 32;
const MOST_STRENGTH = 100;
const MOST_SSID = 32;
/** What nobody can see or write; Persian, Hindi and emoji are written with the two joiners. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** What a box says. */
export type OfBox = Exclude<pb.FromBox["message"], { case: undefined }>;
/** What a box says inside the channel. */
export type WithinOfBox = Exclude<pb.WithinFromBox["message"], { case: undefined }>;

/** What a box said. Throws Malformed. */
export function fromBox(content: Uint8Array): OfBox {
  const { message } = parsed(pb.FromBoxSchema, content, MOST_BYTES);
  switch (message.case) {
    case "hello":
      checkHello(message.value);
      return message;
    case "answer":
      must(message.value.share.length === POINT_BYTES && message.value.confirmation.length === CONFIRMATION_BYTES);
      return message;
    case "sealed":
      must(message.value.length > 0 && message.value.length <= MOST_SEALED);
      return message;
    case "refusal":
      return message;
    default:
      throw new PairingError("Malformed");
  }
}

/** What a box said inside the channel. Throws Malformed. */
export function withinFromBox(content: Uint8Array): WithinOfBox {
  const { message } = parsed(pb.WithinFromBoxSchema, content, MOST_BYTES);
  switch (message.case) {
    case "enrolment":
      checkEnrolment(message.value);
      return message;
    case "known":
      must(message.value.recoveryKey.length <= MOST_TEXT);
      return message;
    case "seen":
      must(message.value.networks.length <= MOST_NETWORKS);
      must(message.value.networks.every(({ ssid }) => ssid.length > 0 && ssid.length <= MOST_SSID));
      must(message.value.networks.every(({ strength }) => strength <= MOST_STRENGTH));
      return message;
    case "joined":
      must(message.value.addresses.length <= MOST_ADDRESSES);
      must(message.value.addresses.every((each) => each.length <= MOST_TEXT));
      return message;
    default:
      throw new PairingError("Malformed");
  }
}

/** The messages that an answer carries, not looked into yet. Throws Malformed. */
export function unpacked(body: Uint8Array): Uint8Array[] {
  const { messages } = parsed(pb.ParcelSchema, body, MOST_MESSAGES * MOST_BYTES);
  must(messages.length > 0 && messages.length <= MOST_MESSAGES);
  return messages;
}

/** One request's body. */
export function packed(messages: Uint8Array[]): Uint8Array {
  return toBinary(pb.ParcelSchema, create(pb.ParcelSchema, { messages }));
}

/** What somebody calls a device, in one form. Throws NotAName: empty, too long, or with what nobody can see. */
export function name(text: string): string {
  const found = text.normalize("NFC").trim();
  const length = [...found].length;
  if (length === 0 || length > MOST_NAME || UNSEEN.test(found)) {
    throw new PairingError("NotAName");
  }
  return found;
}

function parsed<D extends DescMessage>(schema: D, content: Uint8Array, most: number): MessageShape<D> {
  must(content.length <= most);
  try {
    return fromBinary(schema, content);
  } catch {
    throw new PairingError("Malformed");
  }
}

function must(fits: boolean): void {
  if (!fits) {
    throw new PairingError("Malformed");
  }
}

function fits(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

function checkHello(hello: pb.BoxHello): void {
  // What another version says besides, nobody here knows.
  if (hello.version === VERSION) {
    must(hello.key.length === KEY_BYTES && hello.nonce.length === NONCE_BYTES && hello.salt.length === SALT_BYTES);
    must(fits(() => serials.parse(hello.serial)));
  }
}

function checkEnrolment(said: pb.Enrolment): void {
  must(fits(() => name(said.profile)) && fits(() => name(said.device)));
  must(said.signature.length > 0 && said.signature.length <= MOST_SIGNATURE);
  must([said.certificate, said.authority].every((each) => each.length > 0 && each.length <= MOST_CERTIFICATE));
  // A box without a tunnel has none.
  must([0, KEY_BYTES].includes(said.wireguardKey.length));
  must(said.addresses.length <= MOST_ADDRESSES);
  must([said.deviceAddress, said.boxAddress, ...said.addresses].every((each) => each.length <= MOST_TEXT));
}
