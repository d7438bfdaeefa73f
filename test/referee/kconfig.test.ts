import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { fillInKconfig } from "../../src/object/kconfig.ts";
import { openObject } from "../../src/object/open.ts";
import { kernelVersionCode } from "../../src/runtime/kernel/kernel-version.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { describeWithReferee, referee } from "./referee.ts";

const path = join(import.meta.dirname, "../objects/kconfig.bpf.o");
const object = openObject(readFileSync(path), { what: "kconfig.bpf.o" });
const section = object.maps.findIndex(({ data }) => data?.kind === "kconfig");

/** What libbpf fills `.kconfig` with, in hexadecimal; undefined when it refuses. */
function theirs(kconfig?: string): string | undefined {
  const { end, maps } = referee(path, kconfig === undefined ? {} : { kconfig });
  if (end.status !== "ok") return undefined;
  return Buffer.from(maps[section]!.data!).toString("hex");
}

function ours(text: string): string | undefined {
  const contents = new Uint8Array(object.maps[section]!.valueSize);
  const config = (): { text: string; where: string } => ({ text, where: "the test" });
  try {
    const yes = (): boolean => true;
    fillInKconfig(
      object,
      { kernelVersion: kernelVersionCode, hasBpfCookie: yes, hasSyscallWrapper: yes, config },
      contents,
    );
  } catch (error) {
    if (isCoreGenError(error) && error.code === "bad-input") return undefined;
    throw error;
  }
  return Buffer.from(contents).toString("hex");
}

describeWithReferee("__kconfig variables, as libbpf fills them in", {}, () => {
  it.each([
    ["BOOL=y"],
    ["BOOL=n"],
    ["BOOL=m"],
    ["BOOL=1"],
    ["BOOL=2"],
    ['BOOL="y"'],
    ["TRISTATE=y"],
    ["TRISTATE=n"],
    ["TRISTATE=m"],
    ["TRISTATE=1"],
    ["CHAR=y"],
    ["CHAR=m"],
    ["CHAR=65"],
    ["CHAR=127"],
    ["CHAR=128"],
    ["CHAR=-1"],
    ["CHAR=-129"],
    ['TEXT="abc"'],
    ['TEXT="abcde"'],
    ['TEXT="abcdefgh"'],
    ['TEXT=""'],
    ['TEXT="abc'],
    ['TEXT="'],
    ["TEXT=y"],
    ["TEXT=5"],
    ["SHORT=5"],
    ["SHORT=-5"],
    ["SHORT=32767"],
    ["SHORT=32768"],
    ["SHORT=-32768"],
    ["SHORT=-32769"],
    ["SHORT=y"],
    ["UINT=0x10"],
    ["UINT=010"],
    ["UINT=08"],
    ["UINT=4294967295"],
    ["UINT=4294967296"],
    ["UINT=-1"],
    ["UINT=+7"],
    ["UINT=12x"],
    ["UINT=zoo"],
    ["UINT=0"],
    ["UINT=0x"],
    ["UINT=5\nCONFIG_CG_UINT=6"],
    ["U64=18446744073709551615"],
    ["U64=18446744073709551616"],
    ["U64=-1"],
    ["U64=0xffffffffffffffff"],
    ["UNKNOWN=y"],
  ])("%s", (line) => {
    const text = `# CONFIG_CG_CHAR is not set\nCONFIG_BPF_SYSCALL=y\nCONFIG_CG_${line}\n`;
    expect(ours(text)).toBe(theirs(text));
  });

  it("refuses a configuration without an option that is not weak, and says which", () => {
    expect(() => ours("CONFIG_CG_BOOL=y\n")).not.toThrow();
    const config = (): { text: string; where: string } => ({ text: "", where: "/boot/config" });
    const source = { kernelVersion: () => 1, hasBpfCookie: () => true, hasSyscallWrapper: () => true, config };
    expect(() => {
      fillInKconfig(object, source, new Uint8Array(object.maps[section]!.valueSize));
    }).toThrow("the kernel's configuration (/boot/config) does not have CONFIG_BPF_SYSCALL");
  });
});

describeWithReferee("__kconfig variables in the kernel", {}, () => {
  describeWithKernel("loaded", {}, () => {
    it("are what the running kernel says of itself, and constants", () => {
      const loaded = loadObject(object, { autoload: new Map(), maps: new Map(), contents: new Map() });
      try {
        expect(loaded.warnings).toEqual([]);
        const { constants } = loaded.maps.get(".kconfig")!;
        expect(Buffer.from(constants!).toString("hex")).toBe(theirs());
      } finally {
        loaded.close();
      }
    });
  });
});
