/** What a person reads, in English and in German. Repeats no code and no key. */

import type { Trouble } from "../pairing/errors";

export type Language = "en" | "de";

/** A sentence of what is wrong, and one of what to do. */
type Told = readonly [string, string];

/** Where the box is found is put in for {host}, how long to wait for {seconds}, names for the others. */
interface Words {
  readonly pageTitle: string;
  readonly otherLanguage: string;
  readonly page: Readonly<Record<PageWord, string>>;
  readonly told: Readonly<Record<ToldWord, string>>;
  readonly kinds: Readonly<Record<Kind, string>>;
  readonly trouble: Readonly<Record<Trouble, Told>>;
}

/** What is in the page as it is, by `data-words`. */
export type PageWord = keyof typeof EN_PAGE;
/** What is put in as it happens. */
export type ToldWord = keyof typeof EN_TOLD;
/** What somebody's device may be. */
export type Kind = "iphone" | "ipad" | "android" | "mac" | "windows" | "computer";

const EN_PAGE = {
  lookingTitle: "Looking for the box …",
  nowhereTitle: "This browser can’t reach a box from here",
  nowhereBluetooth: "Bluetooth works in Chrome on Android and on computers.",
  nowhereNetwork:
    "Without it: connect the box to your router by cable, and open its own page on a device in the same network. " +
      "Its address has the last four characters of the serial number, which is on the label.",
  ending: "Last four characters",
  codeTitle: "Pair this device with your Spoq",
  codeHint:
    "The set-up code has eight digits and is on the label. A box without a label says it when you press its " +
      "button.",
  code: "Set-up code",
  next: "Next",
  scan: "Scan the label",
  ownedHint: "Does the box belong to somebody already? Then hold its button for three seconds and let go.",
  cameraTitle: "Scan the label",
  cameraHint:
    "Hold the square code that begins pairing in front of the camera. Nothing of the picture leaves this device.",
  typeInstead: "Type the code instead",
  nameTitle: "What is this device called?",
  nameHint: "The box shows this name to everybody in the household.",
  name: "Name of this device",
  notKeptBefore:
    "This page came without encryption, so your browser keeps no key for it. You can pair, and save the key as a " +
      "file at the end. Without that file this device can’t call the box later.",
  pair: "Pair",
  pairByBluetooth: "Pair by Bluetooth",
  back: "Back",
  progressTitle: "Pairing …",
  progressHint: "This takes a few seconds. Leave this page open.",
  found: "The box answers.",
  knows: "It is this box’s code.",
  letsIn: "The box lets this device in.",
  paired: "Both know each other.",
  doneTitle: "Paired",
  recoveryTitle: "Keep this recovery key",
  recoveryWhy:
    "It opens the box’s data if its main board breaks. Nobody shows it again, not even the box. Save it, or write " +
      "it down, and keep it away from the box.",
  save: "Save as a file",
  copy: "Copy",
  print: "Print",
  wifiTitle: "Wi-Fi for your box",
  wifiHint: "Choose the network that the box joins. It needs none while a cable connects it to your router.",
  network: "Network",
  ssid: "Name of the network",
  password: "Password",
  join: "Join",
  skip: "Not now",
  keyTitle: "This device’s key",
  keyNotKept:
    "Your browser does not keep it: this page came without encryption. Save it as a file if a program on this " +
      "device is to call the box. Whoever has that file is this device; without it, remove this device from the box " +
      "and pair again.",
  saveKey: "Save this device’s key",
  boxTitle: "Your box",
  nextTitle: "What comes next",
  nextHint: "Speak to your Spoq. You can close this page.",
  keyKept: "Your browser keeps this device’s key. Nobody can read it, and it is gone if you clear this site’s data.",
  refusedTitle: "That did not work",
  again: "Try again",
  licences: "Licences",
};

const EN_TOLD = {
  doneWho: "This device is “{device}”.",
  doneWhose: "This device is “{device}”, and belongs to {profile}.",
  serial: "Serial number",
  host: "Name",
  addresses: "At home",
  wifiThere: "You can choose a Wi-Fi network for your box below.",
  another: "Another network …",
  joining: "The box joins “{name}”. This takes up to a minute.",
  lost:
    "The box does not answer here any more. If it has joined “{name}”, it is there: connect this device to the same " +
      "network. If its hotspot comes back, join that again: then you read here why it could not.",
  inWifi: "Your box is in the Wi-Fi “{name}”.",
  copied: "Copied.",
  saved: "Saved as a file.",
  scanned: "The label is read.",
  openBox: "Open {host}",
};

const EN: Words = {
  pageTitle: "Pair with your Spoq",
  otherLanguage: "Deutsch",
  page: EN_PAGE,
  told: EN_TOLD,
  kinds: {
    iphone: "iPhone",
    ipad: "iPad",
    android: "Android phone",
    mac: "Mac",
    windows: "Windows computer",
    computer: "Computer",
  },
  trouble: {
    NotACode: ["A set-up code has eight digits.", "Look at the label again."],
    TrivialCode: ["No box has a code like this.", "Look at the label again."],
    NotASerial: ["This is no serial number of a Spoq.", "Look at the label again."],
    NotALabel: ["This is not the code on a Spoq’s label.", "Scan the other square, or type the code."],
    NewerLabel: ["This label is newer than this page.", "Type the code, or update your box first."],
    NotAName: ["A name has 1 to 64 characters that can be seen.", "Choose another name."],
    WindowClosed: ["The box takes no new device now.", "Hold its button for three seconds, let go, and try again."],
    Busy: ["Another device is being paired.", "Try again in a minute."],
    TooSoon: ["The code was wrong a few times, so the box waits.", "Try again in {seconds} seconds."],
    LockedOut: ["The code was wrong too often.", "Press the box’s button, then try again."],
    Malformed: ["The box said something that makes no sense.", "Try again. If it stays so, restart the box."],
    BadShare: ["The box said something that makes no sense.", "Try again. If it stays so, restart the box."],
    OtherVersion: [
      "The box and this page are of different versions.",
      "Open the page of the box itself, or update it.",
    ],
    WrongCode: ["That is not this box’s code.", "Compare it with the label, digit by digit, and try again."],
    WrongBox: ["This is not the box whose label was scanned.", "Choose the box with the label’s serial number."],
    WrongKey: ["The other side is not who it said it was.", "Somebody may be in between. Try again near the box."],
    NotSealed: ["Somebody changed what was said.", "Somebody may be in between. Try again near the box."],
    TooSlow: ["That took too long.", "Try again, near the box."],
    HouseholdFull: ["This box has all the devices that it takes.", "Its owner can remove one. Then try again."],
    BoxFailed: ["The box can’t take a device just now.", "Try again in a minute. If it stays so, restart the box."],
    NotReached: [
      "The box does not answer.",
      "Is it plugged in and near? If it has an owner: hold its button for three seconds, let go, and try again.",
    ],
    NotFound: [
      "No box was chosen.",
      "Try again, and choose the one whose name ends like the serial number on the label.",
    ],
    WrongPassword: ["The password is wrong, or missing.", "Look at it again, and type it once more."],
    NetworkNotFound: ["The box does not see this network.", "Is its name right, and is the router near and on?"],
    UnsupportedNetwork: ["The box can’t join networks of this kind.", "Choose one with WPA2 or WPA3 and one password."],
    NoAddress: ["The network gives the box no address.", "Restart the router, and try again."],
    JoinTooSlow: ["Joining took too long.", "Move the box nearer to the router, and try again."],
    NotANetwork: ["A network has a name, and a Wi-Fi password 8 to 63 characters.", "Type both again."],
    AlreadyJoining: ["The box is joining a network already.", "Wait a minute, and try again."],
    NoRadio: ["The box has no Wi-Fi.", "Connect it to your router by cable."],
    JoinFailed: ["The box could not join this network.", "Try again, or choose another one."],
    WentAway: [
      "The box does not answer here any more.",
      "If it has joined the network, it is there: connect this device to the same one.",
    ],
    RadioOff: [
      "Bluetooth is off, or not allowed here.",
      "Switch it on and try again. Or connect the box by cable, and open http://spoq-XXXX.local:7767, with the last " +
        "four characters of its serial number in place of XXXX.",
    ],
    Denied: ["The box does not take this from here.", "Open the page of the box itself, and try again."],
  },
};

const DE: Words = {
  pageTitle: "Mit Ihrem Spoq koppeln",
  otherLanguage: "English",
  page: {
    lookingTitle: "Die Box wird gesucht …",
    nowhereTitle: "Dieser Browser erreicht von hier keine Box",
    nowhereBluetooth: "Bluetooth geht mit Chrome unter Android und auf Computern.",
    nowhereNetwork:
      "Ohne Bluetooth: Verbinden Sie die Box per Kabel mit dem Router, und öffnen Sie ihre eigene Seite auf einem " +
        "Gerät im selben Netz. In ihrer Adresse stehen die letzten vier Zeichen der Seriennummer vom Etikett.",
    ending: "Letzte vier Zeichen",
    codeTitle: "Dieses Gerät mit Ihrem Spoq koppeln",
    codeHint:
      "Der Einrichtungscode hat acht Ziffern und steht auf dem Etikett. Eine Box ohne Etikett sagt ihn, wenn Sie " +
        "ihre Taste drücken.",
    code: "Einrichtungscode",
    next: "Weiter",
    scan: "Etikett scannen",
    ownedHint: "Gehört die Box schon jemandem? Dann halten Sie ihre Taste drei Sekunden lang und lassen Sie los.",
    cameraTitle: "Etikett scannen",
    cameraHint: "Halten Sie den quadratischen Code zum Koppeln vor die Kamera. Das Bild verlässt dieses Gerät nicht.",
    typeInstead: "Code lieber tippen",
    nameTitle: "Wie heißt dieses Gerät?",
    nameHint: "Die Box zeigt diesen Namen allen im Haushalt.",
    name: "Name dieses Geräts",
    notKeptBefore:
      "Diese Seite kam unverschlüsselt, deshalb bewahrt Ihr Browser keinen Schlüssel für sie auf. Sie können " +
        "koppeln und den Schlüssel am Ende als Datei sichern. Ohne diese Datei kann dieses Gerät die Box später " +
        "nicht aufrufen.",
    pair: "Koppeln",
    pairByBluetooth: "Über Bluetooth koppeln",
    back: "Zurück",
    progressTitle: "Wird gekoppelt …",
    progressHint: "Das dauert ein paar Sekunden. Lassen Sie diese Seite offen.",
    found: "Die Box antwortet.",
    knows: "Es ist der Code dieser Box.",
    letsIn: "Die Box lässt dieses Gerät herein.",
    paired: "Beide kennen einander.",
    doneTitle: "Gekoppelt",
    recoveryTitle: "Bewahren Sie diesen Wiederherstellungsschlüssel auf",
    recoveryWhy:
      "Er öffnet die Daten der Box, wenn ihre Hauptplatine kaputtgeht. Niemand zeigt ihn noch einmal, auch die Box " +
        "nicht. Sichern Sie ihn oder schreiben Sie ihn auf, und bewahren Sie ihn nicht bei der Box auf.",
    save: "Als Datei sichern",
    copy: "Kopieren",
    print: "Drucken",
    wifiTitle: "WLAN für Ihre Box",
    wifiHint: "Wählen Sie das Netz, dem die Box beitritt. Mit einem Kabel zum Router braucht sie keines.",
    network: "Netz",
    ssid: "Name des Netzes",
    password: "Passwort",
    join: "Beitreten",
    skip: "Jetzt nicht",
    keyTitle: "Der Schlüssel dieses Geräts",
    keyNotKept:
      "Ihr Browser bewahrt ihn nicht auf: Diese Seite kam unverschlüsselt. Sichern Sie ihn als Datei, wenn ein " +
        "Programm auf diesem Gerät die Box aufrufen soll. Wer diese Datei hat, ist dieses Gerät; ohne sie entfernen " +
        "Sie dieses Gerät an der Box und koppeln Sie neu.",
    saveKey: "Schlüssel dieses Geräts sichern",
    boxTitle: "Ihre Box",
    nextTitle: "Wie es weitergeht",
    nextHint: "Sprechen Sie mit Ihrem Spoq. Diese Seite können Sie schließen.",
    keyKept:
      "Ihr Browser bewahrt den Schlüssel dieses Geräts auf. Niemand kann ihn lesen, und er ist fort, wenn Sie die " +
        "Daten dieser Website löschen.",
    refusedTitle: "Das hat nicht geklappt",
    again: "Noch einmal versuchen",
    licences: "Lizenzen",
  },
  told: {
    doneWho: "Dieses Gerät heißt „{device}“.",
    doneWhose: "Dieses Gerät heißt „{device}“ und gehört {profile}.",
    serial: "Seriennummer",
    host: "Name",
    addresses: "Zu Hause",
      wifiThere: "Weiter unten können Sie ein WLAN für Ihre Box wählen.",
    another: "Ein anderes Netz …",
    joining: "Die Box tritt „{name}“ bei. Das dauert bis zu einer Minute.",
    lost:
      "Die Box antwortet hier nicht mehr. Ist sie „{name}“ beigetreten, dann ist sie dort: Verbinden Sie dieses " +
        "Gerät mit demselben Netz. Kommt ihr Hotspot wieder, verbinden Sie sich noch einmal damit: Dann steht hier " +
        "der Grund.",
    inWifi: "Ihre Box ist im WLAN „{name}“.",
    copied: "Kopiert.",
    saved: "Als Datei gesichert.",
    scanned: "Das Etikett ist gelesen.",
    openBox: "{host} öffnen",
  },
  kinds: {
    iphone: "iPhone",
    ipad: "iPad",
    android: "Android-Telefon",
    mac: "Mac",
    windows: "Windows-Computer",
    computer: "Computer",
  },
  trouble: {
    NotACode: ["Ein Einrichtungscode hat acht Ziffern.", "Sehen Sie noch einmal auf das Etikett."],
    TrivialCode: ["So einen Code hat keine Box.", "Sehen Sie noch einmal auf das Etikett."],
    NotASerial: ["Das ist keine Seriennummer eines Spoq.", "Sehen Sie noch einmal auf das Etikett."],
    NotALabel: [
      "Das ist nicht der Code vom Etikett eines Spoq.",
      "Scannen Sie das andere Quadrat, oder tippen Sie den Code.",
    ],
    NewerLabel: [
      "Dieses Etikett ist neuer als diese Seite.",
      "Tippen Sie den Code, oder aktualisieren Sie zuerst Ihre Box.",
    ],
    NotAName: ["Ein Name hat 1 bis 64 sichtbare Zeichen.", "Wählen Sie einen anderen Namen."],
    WindowClosed: [
      "Die Box nimmt gerade kein neues Gerät auf.",
      "Halten Sie ihre Taste drei Sekunden lang, lassen Sie los, und versuchen Sie es noch einmal.",
    ],
    Busy: ["Gerade wird ein anderes Gerät gekoppelt.", "Versuchen Sie es in einer Minute noch einmal."],
    TooSoon: [
      "Der Code war ein paarmal falsch, deshalb wartet die Box.",
      "Versuchen Sie es in {seconds} Sekunden noch einmal.",
    ],
    LockedOut: ["Der Code war zu oft falsch.", "Drücken Sie die Taste der Box, und versuchen Sie es noch einmal."],
    Malformed: [
      "Die Box hat etwas gesagt, das keinen Sinn ergibt.",
      "Versuchen Sie es noch einmal. Bleibt es so, starten Sie die Box neu.",
    ],
    BadShare: [
      "Die Box hat etwas gesagt, das keinen Sinn ergibt.",
      "Versuchen Sie es noch einmal. Bleibt es so, starten Sie die Box neu.",
    ],
    OtherVersion: [
      "Die Box und diese Seite haben verschiedene Versionen.",
      "Öffnen Sie die Seite der Box selbst, oder aktualisieren Sie die Box.",
    ],
    WrongCode: [
      "Das ist nicht der Code dieser Box.",
      "Vergleichen Sie ihn Ziffer für Ziffer mit dem Etikett, und versuchen Sie es noch einmal.",
    ],
    WrongBox: [
      "Das ist nicht die Box, deren Etikett gescannt wurde.",
      "Wählen Sie die Box mit der Seriennummer vom Etikett.",
    ],
    WrongKey: [
      "Die andere Seite ist nicht die, für die sie sich ausgab.",
      "Vielleicht ist jemand dazwischen. Versuchen Sie es nahe bei der Box noch einmal.",
    ],
    NotSealed: [
      "Jemand hat verändert, was gesagt wurde.",
      "Vielleicht ist jemand dazwischen. Versuchen Sie es nahe bei der Box noch einmal.",
    ],
    TooSlow: ["Das hat zu lange gedauert.", "Versuchen Sie es nahe bei der Box noch einmal."],
    HouseholdFull: [
      "Diese Box hat alle Geräte, die sie aufnimmt.",
      "Wem sie gehört, kann eines entfernen. Versuchen Sie es dann noch einmal.",
    ],
    BoxFailed: [
      "Die Box kann gerade kein Gerät aufnehmen.",
      "Versuchen Sie es in einer Minute noch einmal. Bleibt es so, starten Sie die Box neu.",
    ],
    NotReached: [
      "Die Box antwortet nicht.",
      "Ist sie angesteckt und in der Nähe? Gehört sie schon jemandem, halten Sie ihre Taste drei Sekunden lang, " +
        "lassen Sie los, und versuchen Sie es noch einmal.",
    ],
    NotFound: [
      "Es wurde keine Box gewählt.",
      "Versuchen Sie es noch einmal, und wählen Sie die, deren Name endet wie die Seriennummer auf dem Etikett.",
    ],
    WrongPassword: ["Das Passwort ist falsch, oder es fehlt.", "Sehen Sie noch einmal nach, und tippen Sie es neu."],
    NetworkNotFound: ["Die Box sieht dieses Netz nicht.", "Stimmt der Name, und ist der Router an und in der Nähe?"],
    UnsupportedNetwork: [
      "Netzen dieser Art kann die Box nicht beitreten.",
      "Wählen Sie eines mit WPA2 oder WPA3 und einem Passwort.",
    ],
    NoAddress: [
      "Das Netz gibt der Box keine Adresse.",
      "Starten Sie den Router neu, und versuchen Sie es noch einmal.",
    ],
    JoinTooSlow: [
      "Das Beitreten hat zu lange gedauert.",
      "Stellen Sie die Box näher an den Router, und versuchen Sie es noch einmal.",
    ],
    NotANetwork: ["Ein Netz hat einen Namen, ein WLAN-Passwort 8 bis 63 Zeichen.", "Tippen Sie beides noch einmal."],
    AlreadyJoining: [
      "Die Box tritt schon einem Netz bei.",
      "Warten Sie eine Minute, und versuchen Sie es noch einmal.",
    ],
    NoRadio: ["Die Box hat kein WLAN.", "Verbinden Sie sie per Kabel mit dem Router."],
    JoinFailed: [
      "Die Box konnte diesem Netz nicht beitreten.",
      "Versuchen Sie es noch einmal, oder wählen Sie ein anderes.",
    ],
    WentAway: [
      "Die Box antwortet hier nicht mehr.",
      "Ist sie dem Netz beigetreten, dann ist sie dort: Verbinden Sie dieses Gerät mit demselben Netz.",
    ],
    RadioOff: [
      "Bluetooth ist aus oder hier nicht erlaubt.",
      "Schalten Sie es ein und versuchen Sie es noch einmal. Oder verbinden Sie die Box per Kabel, und öffnen Sie " +
        "http://spoq-XXXX.local:7767, mit den letzten vier Zeichen ihrer Seriennummer anstelle von XXXX.",
    ],
    Denied: [
      "Die Box nimmt das von hier nicht an.",
      "Öffnen Sie die Seite der Box selbst, und versuchen Sie es noch einmal.",
    ],
  },
};

export const WORDS: Readonly<Record<Language, Words>> = { en: EN, de: DE };

/** The first of a person's languages that there are words in. */
export function preferred(languages: readonly string[]): Language {
  const known = languages.map((each) => each.toLowerCase().split("-")[0]);
  return known.find((each): each is Language => each === "en" || each === "de") ?? "en";
}

/** A sentence with what is to be put in. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
