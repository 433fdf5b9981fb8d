/** What a page finds when it connects by Bluetooth LE: the table of pairing/gatt.py, the same for ever. */

export const SERVICE = "5b0f0001-9f3c-4a8e-8d52-70697370716f";
/** Written: fragments of the device's messages. */
export const TO_BOX = "5b0f0002-9f3c-4a8e-8d52-70697370716f";
/** Read: the next fragment for this device; empty: there is none. */
export const FROM_BOX = "5b0f0003-9f3c-4a8e-8d52-70697370716f";
/** Notified: there may be something to read. */
export const BELL = "5b0f0004-9f3c-4a8e-8d52-70697370716f";
