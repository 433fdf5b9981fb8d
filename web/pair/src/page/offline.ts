/**
 * The page without the Internet: whoever has had it once can pair by Bluetooth with the router unplugged. What is there
 * is asked for first, so that nobody keeps an old page; only what can't be reached is taken from what was kept.
 */

/** What a service worker is given, of all that TypeScript's library for pages does not name. */
interface Event {
  readonly request: Request;
  waitUntil(done: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

const KEPT = "page";
const FILES = ["./", "page.js", "page.css", "icon.svg", "icon-192.png", "manifest.webmanifest", "licences.txt"];

function on(name: "install" | "fetch", heard: (event: Event) => void): void {
  addEventListener(name, (event) => heard(event as unknown as Event));
}

on("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(FILES)));
});

on("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(new URL("./", location.href).href)) {
    event.respondWith(answered(event.request));
  }
});

async function answered(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && (await kept.match(request)) !== undefined) {
      await kept.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: true });
    if (found === undefined) {
      throw error;
    }
    return found;
  }
}
