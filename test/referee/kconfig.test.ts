import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { fillInKconfig } from "../../src/object/kconfig.ts";
import { openObject } from "../../src/object/open.ts";
import { runningKconfig } from "../../src/runtime/kernel/kconfig.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapLookup } from "../../src/runtime/sys/map-ops.ts";
import { kconfig } from "../objects/kconfig.skel.ts";
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

/** The same, by us, with the text before the running kernel's configuration. */
function ours(given: string): string | undefined {
  const contents = new Uint8Array(object.maps[section]!.valueSize);
  const yes = (): boolean => true;
  try {
    fillInKconfig(object, { ...runningKconfig, hasBpfCookie: yes, hasSyscallWrapper: yes, given }, contents);
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
    ["UNKNOWN"],
    ["UNKNOWN="],
    ["UINT"],
    ["UINT="],
    ["UINT=5\r"],
    ["BOOL=y\r"],
    ['TEXT="a"\r'],
    ["UINT=5=6"],
    ["UINT=5\n\n  CONFIG_CG_BOOL=y\nnothing at all\nCONFIG_CG_CHAR=y"],
  ])("%s", (line) => {
    const text = `# CONFIG_CG_CHAR is not set\nCONFIG_BPF_SYSCALL=y\nCONFIG_CG_${line}\n`;
    expect(ours(text)).toBe(theirs(text));
  });

  it.each([
    ["the kernel's own say what the text does not", "CONFIG_CG_BOOL=y"],
    ["the text overrides the kernel's", "CONFIG_BPF_SYSCALL=n"],
    ["text without an end of line", "CONFIG_CG_UINT=1"],
    ["no text", ""],
    ["no line that counts", "# CONFIG_BPF_SYSCALL is not set\n"],
  ])("%s", (_, text) => {
    expect(ours(text)).toMatch(/^[0-9a-f]+$/u);
    expect(ours(text)).toBe(theirs(text));
  });

  it("reads the kernel's configuration only for what the text leaves open", () => {
    const config = (): never => {
      throw new Error("it was read");
    };
    const fill = (given: string): void => {
      fillInKconfig(object, { ...runningKconfig, given, config }, new Uint8Array(object.maps[section]!.valueSize));
    };
    const options = ["BPF_SYSCALL", "CG_BOOL", "CG_TRISTATE", "CG_CHAR", "CG_SHORT", "CG_UINT", "CG_U64"];
    const lines = [
      'CONFIG_CG_TEXT="abc"',
      ...options.map((name) => `CONFIG_${name}=${name === "BPF_SYSCALL" || name === "CG_BOOL" ? "y" : "1"}`),
    ];
    expect(() => {
      fill(lines.join("\n").replace("TRISTATE=1", "TRISTATE=m"));
    }).not.toThrow();
    expect(() => {
      fill(lines.slice(1).join("\n").replace("TRISTATE=1", "TRISTATE=m"));
    }).toThrow("it was read");
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
    it("have from the setting of a skeleton what it gives, and are for programs to read", () => {
      const given = 'CONFIG_CG_TEXT="abc"\nCONFIG_CG_UINT=77\n';
      using skel = kconfig.load({ kconfig: given });
      expect(skel.kconfig).toMatchObject({ CONFIG_CG_UINT: 77, CONFIG_BPF_SYSCALL: true, CONFIG_CG_BOOL: false });
      const contents = new Uint8Array(object.maps[section]!.valueSize);
      using fd = Fd.duplicate(skel.sections.kconfig.fd, "kconfig");
      mapLookup(fd, new Uint8Array(4), contents);
      expect(Buffer.from(contents).toString("hex")).toBe(theirs(given));
    });

    it("that are weak keep what was set where no configuration has them", () => {
      const opened = kconfig.open({ kconfig: { CONFIG_CG_UINT: 5, CONFIG_CG_SHORT: 6 } });
      using skel = opened.load();
      expect(skel.kconfig).toMatchObject({ CONFIG_CG_UINT: 5, CONFIG_CG_SHORT: 6, CONFIG_BPF_SYSCALL: true });
      // @ts-expect-error: neither text nor variables
      expect(() => kconfig.open({ kconfig: 5 })).toThrow("kconfig takes text, or the values of variables, not 5");
    });

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
