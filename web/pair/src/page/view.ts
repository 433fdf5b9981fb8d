/** What of the page is shown, and in which language: the only file that knows `index.html`'s parts. */

import type { PairingError } from "../pairing/errors";
import { STEPS, type Step } from "../ways/attempt";
import { filled, type Language, type PageWord, preferred, type ToldWord, WORDS } from "./words";

export type Name = "start" | "nowhere" | "code" | "camera" | "name" | "progress" | "done" | "refused";

/** An element of the page by its id. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`The page has no ${id}.`);
  }
  return found as T;
}

/** One page's: what is shown, and what was said last, so that it can be said in the other language. */
export class View {
  language: Language = preferred(navigator.languages);
  private shown: Name = "start";
  private inWords: () => void = () => undefined;

  /** Shows this part; its heading is read aloud, and the keyboard is there. */
  show(name: Name): void {
    this.shown = name;
    for (const section of document.querySelectorAll("main > section")) {
      (section as HTMLElement).hidden = section.id !== `view-${name}`;
    }
    // The box closes its port when it is done: what leads elsewhere would lead nowhere.
    element("licences").hidden = name === "done";
    this.title();
    element(`view-${name}`).querySelector<HTMLElement>("h1")?.focus();
    scrollTo(0, 0);
  }

  /** Puts all words in, now and in whatever language is chosen later. `inWords` puts in those that are not fixed. */
  speak(inWords: () => void = this.inWords): void {
    this.inWords = inWords;
    const words = WORDS[this.language];
    document.documentElement.lang = this.language;
    for (const each of document.querySelectorAll<HTMLElement>("[data-words]")) {
      each.textContent = words.page[each.dataset["words"] as PageWord];
    }
    const other = element("language");
    other.textContent = words.otherLanguage;
    other.lang = this.language === "en" ? "de" : "en";
    this.title();
    inWords();
  }

  /** The same for words that came later, beside those. */
  speakMore(inWords: () => void): void {
    const before = this.inWords;
    this.inWords = () => {
      before();
      inWords();
    };
    inWords();
  }

  /** The other language. */
  turn(): void {
    this.language = this.language === "en" ? "de" : "en";
    this.speak();
  }

  /** A sentence that is put in as it happens. */
  words(word: ToldWord, values: Readonly<Record<string, string>> = {}): string {
    return filled(WORDS[this.language].told[word], values);
  }

  /** Says it to who does not see, and changes nothing else. */
  tell(text: string): void {
    element("told").textContent = text;
  }

  /** What is wrong with a field; without an error that it is well. */
  complain(field: string, error: PairingError | null): void {
    const input = element<HTMLInputElement>(field);
    const place = element(`${field}-error`);
    place.hidden = error === null;
    place.textContent = error === null ? "" : this.trouble(error).join(" ");
    if (error === null) {
      input.removeAttribute("aria-invalid");
    } else {
      input.setAttribute("aria-invalid", "true");
      // What can't be typed into now is read where the person is.
      if (input.closest("[hidden]") === null) {
        input.focus();
      } else {
        this.tell(place.textContent);
      }
    }
  }

  /** The sentence of what is wrong, and the one of what to do. */
  trouble(error: PairingError): [string, string] {
    const [wrong, advice] = WORDS[this.language].trouble[error.trouble];
    return [wrong, filled(advice, { seconds: String(error.seconds) })];
  }

  /** How far it is; null: at the beginning. */
  progress(step: Step | null): void {
    const done = step === null ? 0 : STEPS.indexOf(step) + 1;
    element<HTMLProgressElement>("progress").value = done;
    const steps = [...document.querySelectorAll<HTMLElement>("#steps li")];
    steps.forEach((each, at) => (each.hidden = at >= done));
    this.tell(steps[done - 1]?.textContent ?? "");
  }

  private title(): void {
    const heading = element(`view-${this.shown}`).querySelector("h1")?.textContent ?? "";
    document.title = `${heading} – ${WORDS[this.language].pageTitle}`;
  }
}
