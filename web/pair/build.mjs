// Builds the page, and what its tests run in Node, into build/web below the repository's root.

import { build } from "esbuild";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../build/web");
const page = join(out, "pair");
const tests = join(out, "tests");

/** The licences of what is in the page besides our own, as its packages carry them. */
function licences() {
  const { packages } = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  const shipped = Object.entries(packages).filter(([path, each]) => path && !each.dev && !each.devOptional);
  return shipped
    .map(([path, each]) => {
      const files = readdirSync(join(here, path)).filter((name) => /^licen[cs]e/i.test(name));
      const texts = files.map((name) => readFileSync(join(here, path, name), "utf8").trim());
      return [`${path.replace("node_modules/", "")} ${each.version}: ${each.license}`, ...texts].join("\n\n");
    })
    .join("\n\n" + "-".repeat(80) + "\n\n");
}

for (const folder of [page, tests]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
cpSync(join(here, "static"), page, { recursive: true });
writeFileSync(join(page, "licences.txt"), licences() + "\n");
await build({
  entryPoints: { page: join(here, "src/page/main.ts"), offline: join(here, "src/page/offline.ts") },
  outdir: page,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020", "chrome89", "safari15", "firefox90"],
  legalComments: "none",
  logLevel: "warning",
});
await build({
  entryPoints: ["tests", "tests/programs"].flatMap((folder) =>
    readdirSync(join(here, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(here, folder, name)),
  ),
  outbase: join(here, "tests"),
  outdir: tests,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  external: ["playwright-core"],
  platform: "node",
  format: "esm",
  target: "node18",
  logLevel: "warning",
});
