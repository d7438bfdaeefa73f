/*
 * Regenerates the .skel.ts of every example from the committed .bpf.o beside it, as a user would: through the CLI. And
 * those of test/objects that have one.
 *
 *   npm run generate              writes them
 *   npm run generate -- --check   writes nothing, shows what would change; exit status 1 if anything would
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const examples = join(root, "examples");
const testObjects = join(root, "test/objects");

const check = process.argv.includes("--check");
const objects = committedObjects();
if (objects.length === 0) fail("no examples/*/*.bpf.o found");
const stale = check ? objects.filter((object) => !isUpToDate(object)) : [];
if (!check) objects.forEach((object) => generate(object, skeletonOf(object)));
if (stale.length > 0) fail(`${stale.length} of ${objects.length} skeletons differ: run "npm run generate" and commit`);
console.log(`${objects.length} skeletons ${check ? "are up to date" : "written"}`);

function committedObjects(): string[] {
  const ofTests = objectsBelow(testObjects).filter((object) => existsSync(skeletonOf(object)));
  return [...objectsBelow(examples), ...ofTests];
}

function objectsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".bpf.o"))
    .map((file) => join(folder, file))
    .sort();
}

function skeletonOf(object: string): string {
  return object.replace(/\.bpf\.o$/, ".skel.ts");
}

function isUpToDate(object: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-generate-"));
  try {
    const fresh = join(folder, "fresh.skel.ts");
    const committed = skeletonOf(object);
    generate(object, fresh);
    if (existsSync(committed) && readFileSync(committed).equals(readFileSync(fresh))) return true;
    const old = existsSync(committed) ? committed : "/dev/null";
    const label = relative(root, committed);
    spawnSync("diff", ["-u", "--label", label, "--label", `${label} (regenerated)`, old, fresh], { stdio: "inherit" });
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A failure of the CLI has already printed its message. */
function generate(object: string, output: string): void {
  const cli = join(root, "src/cli/main.ts");
  try {
    execFileSync(process.execPath, ["--import", "tsx", cli, "skel", object, "-o", output], { stdio: "inherit" });
  } catch {
    fail(`core-gen skel failed for ${relative(root, object)}`);
  }
}

function fail(message: string): never {
  console.error(`generate: ${message}`);
  process.exit(1);
}
