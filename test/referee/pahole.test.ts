import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";

import type { Btf } from "../../src/btf/btf.ts";
import { showType } from "../../src/btf/show/show-type.ts";
import { readBtfFile } from "../../src/cli/read-btf.ts";
import { describeWhere } from "../support/describe-where.ts";
import { kernelBtfs } from "./kernels.ts";

/** Its text changes from version to version; Debian 12 and this folder's expectations have this one. */
const VERSION = "v1.24";

function describeWithPahole(name: string, body: () => void): void {
  const { error, stdout } = spawnSync("pahole", ["--version"], { encoding: "utf8" });
  const reason =
    error === undefined && stdout.trim() === VERSION
      ? undefined
      : `there is no pahole ${VERSION} (Debian 12's package dwarves)`;
  describeWhere(name, reason === undefined ? undefined : { reason, requiredBy: "CORE_GEN_REQUIRE_PAHOLE" }, body);
}

/** Everything that pahole prints of a file's types: all structs, or those that are named. */
function pahole(path: string, ...names: readonly string[]): string {
  const args = ["-F", "btf", ...(names.length > 0 ? ["-C", names.join(",")] : []), path];
  return spawnSync("pahole", args, { encoding: "utf8", maxBuffer: 1 << 30 }).stdout;
}

/** Structs by name; the first of several, which is the one that pahole takes. */
function structsIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const block of text.split(/^(?=(?:struct|union|enum|typedef) )/mu)) {
    const [, name] = /^struct (\w+) \{/u.exec(block) ?? [];
    if (name !== undefined && !found.has(name)) found.set(name, block);
  }
  return found;
}

/** The first of the types with each name that `wanted` takes. */
function firstOf(btf: Btf, wanted: (id: number) => boolean): Map<string, number> {
  const ids = new Map<string, number>();
  for (let id = 1; id < btf.typeCount; id++) {
    const name = btf.name(id);
    if (name !== "" && isType(btf, id) && !ids.has(name)) ids.set(name, id);
  }
  return new Map([...ids].filter(([, id]) => wanted(id)));
}

function isType(btf: Btf, id: number): boolean {
  return ["struct", "union", "enum", "enum64", "typedef"].includes(btf.kind(id));
}

/** Where we differ on purpose, in words of the text: where one of them is, it is known why. */
const ON_PURPOSE: readonly [why: string, where: (ours: string, theirs: string) => boolean][] = [
  ["negative enumerators, which pahole prints as positive", (ours) => / = -\d+,$/mu.test(ours)],
  ["arrays of arrays, whose dimensions pahole turns around", (ours) => ours.includes("][")],
  [
    "constants of a struct without a name, which pahole sums up",
    (ours) => /^\s*const (?:struct|union) \{/mu.test(ours),
  ],
  ["what is behind a type tag, which pahole does not know", (_ours, theirs) => theirs.includes("<ERROR(")],
];

function isOnPurpose(ours: string, theirs: string): boolean {
  return ON_PURPOSE.some(([, where]) => where(ours, theirs));
}

describeWithPahole("types as pahole shows them", () => {
  it.each(kernelBtfs())("all structs of $name", async ({ path }) => {
    const btf = await readBtfFile(path);
    const theirs = structsIn(pahole(path));
    expect(theirs.size).toBeGreaterThan(5000);
    const structs = new Map<string, number>();
    for (let id = 1; id < btf.typeCount; id++) {
      if (btf.kind(id) === "struct" && !structs.has(btf.name(id))) structs.set(btf.name(id), id);
    }
    const others = [...theirs].filter(([name, text]) => showType(btf, structs.get(name) ?? 0) !== text);
    for (const [name, text] of others) {
      const ours = showType(btf, structs.get(name) ?? 0);
      // What pahole takes for packed depends on the structs that it has printed before: alone, it is as we say.
      if (!isOnPurpose(ours, text)) expect(ours).toBe(pahole(path, name));
    }
    expect(others.length).toBeLessThan(40);
  });

  const host = kernelBtfs().find(({ name }) => name === "host")?.path ?? "";
  it.runIf(existsSync(host)).each([
    ["union", 12],
    ["enum", 100],
    ["typedef", 200],
  ])("some of every %s of this kernel", async (kind, every) => {
    const btf = await readBtfFile(host);
    const some = [...firstOf(btf, (id) => btf.kind(id) === kind)].filter((_, index) => index % every === 0);
    expect(some.length).toBeGreaterThan(10);
    for (const [name, id] of some) {
      const [ours, theirs] = [showType(btf, id), pahole(host, name)];
      // Of a union without a name that a typedef names, pahole prints nothing but that.
      if (isOnPurpose(ours, theirs) || ours.startsWith("typedef union {")) continue;
      expect(ours).toBe(theirs);
    }
  });
});
