/**
 * `improv.mjs`: a person at a page of others, with the button of improv-wifi-sdk on it as it is, in Chromium with this
 * system's Bluetooth. Says when the box's button is to be pressed; tells as JSON what was seen.
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

import { launched } from "../parts/browser";
import { chooses } from "../parts/peripheral";

const PAGE = `<!doctype html>
<html lang="en">
  <title>A page of others</title>
  <improv-wifi-launch-button></improv-wifi-launch-button>
  <script type="module" src="launch-button.js"></script>
  <script>
    const states = [];
    document.querySelector("improv-wifi-launch-button").addEventListener("state-changed", ({ detail }) => {
      states.push(detail.state);
    });
  </script>
</html>`;
// What is built lies elsewhere: packages are found from the folder that this runs in.
const packages = createRequire(join(process.cwd(), "package.json"));
const SDK = dirname(packages.resolve("improv-wifi-sdk/dist/web/launch-button.js"));

const browser = await launched("--enable-features=WebBluetooth");
try {
  const page = await (await browser.newContext()).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.route("http://localhost/**", (route) => {
    const file = join(SDK, basename(new URL(route.request().url()).pathname));
    const found = existsSync(file) ? { path: file } : { status: 404 };
    return route.fulfill(route.request().isNavigationRequest() ? { contentType: "text/html", body: PAGE } : found);
  });
  await page.goto("http://localhost/");

  const questions = await chooses(page);
  const connect = page.getByText("Connect device to Wi-Fi");
  const refused = page.waitForEvent("console", (message) => message.text().startsWith("Failed to get device"));
  await connect.click();
  await refused;
  await connect.click();
  await page.getByText("Press the authorize button on the device").waitFor();
  // Until it has read everything, it may still put an older state in the place of what the button brings.
  await page.waitForFunction('document.querySelector("improv-wifi-provision-dialog")._improvCapabilities !== 0');
  console.log(JSON.stringify({ waits: "button" }));
  const form = page.getByText("Enter the credentials");
  await form.waitFor();
  const asked = (await form.textContent())?.replace(/\s+/g, " ").trim();
  await page.getByText("Identify the device.").click();

  const joins = async (password: string) => {
    await page.locator("ib-textfield[name=ssid] input").fill("Home");
    await page.locator("ib-textfield[name=password] input").fill(password);
    await page.locator("ib-button[label=Connect]").click();
  };
  await joins("wrong horse");
  await page.waitForFunction('states.slice(-2).join() === "PROVISIONING,AUTHORIZED"');
  await joins("correct horse");
  await page.getByText("Provisioned!").waitFor();
  const next = await page.locator("improv-wifi-provision-dialog a").getAttribute("href");
  const states = await page.evaluate("states");
  console.log(JSON.stringify({ questions: questions.size, asked, states, next, faults }));
} finally {
  await browser.close();
}
