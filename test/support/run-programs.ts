import { readFileSync } from "node:fs";

import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { attachProgram } from "../../src/runtime/links/attach.ts";
import { loadObject, type LoadedObject, type LoadSettings } from "../../src/runtime/load/load.ts";
import { Attr, BPF_PROG_TEST_RUN, BPF_RAW_TRACEPOINT_OPEN, bpfOrThrow } from "../../src/runtime/sys/bpf.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapLookup } from "../../src/runtime/sys/map-ops.ts";

/** An object of test/objects, by its name without `.bpf.o`. */
export function testObject(name: string): BpfObject {
  return openObject(readFileSync(`test/objects/${name}.bpf.o`), { what: `${name}.bpf.o` });
}

/** The same object with one name in the place of another of the same length: in ELF symbols and BTF alike. */
export function renamedObject(name: string, from: string, to: string): BpfObject {
  const text = readFileSync(`test/objects/${name}.bpf.o`).toString("latin1");
  if (from.length !== to.length || !text.includes(`\0${from}\0`)) throw new Error(`can't call ${from} ${to}`);
  const bytes = Buffer.from(text.replaceAll(`\0${from}\0`, `\0${to}\0`), "latin1");
  return openObject(bytes, { what: `${name}.bpf.o` });
}

/** Settings for {@link loadObject}: nothing but these. */
export function loadSettings(some: Partial<LoadSettings> = {}): LoadSettings {
  return { autoload: new Map(), maps: new Map(), contents: new Map(), ...some };
}

/** Loads an object, lets `use` do something with it, and closes it. */
export function withLoaded<T>(object: BpfObject, some: Partial<LoadSettings>, use: (loaded: LoadedObject) => T): T {
  const loaded = loadObject(object, loadSettings(some));
  try {
    return use(loaded);
  } finally {
    loaded.close();
  }
}

/** Attaches a program to what its section says, as long as `act` runs. */
export function whileAttached(loaded: LoadedObject, program: string, act: () => void): void {
  const link = attachProgram(loaded.programs.get(program)!);
  try {
    act();
  } finally {
    link.close();
  }
}

/** The contents of a section of constants with one variable, a `u32`, set. */
export function withVariable(
  object: BpfObject,
  section: string,
  variable: string,
  value: number,
): Map<string, Uint8Array> {
  const data = object.maps.find((map) => map.data?.section === section)?.data;
  const offset = data?.variables.find(({ name }) => name === variable)?.offset;
  if (data === undefined || offset === undefined) throw new Error(`${section} has no ${variable}`);
  const contents = data.contents.slice();
  new DataView(contents.buffer).setUint32(offset, value, true);
  return new Map([[section, contents]]);
}

/** The variables of all sections of a loaded object, each as one unsigned number. */
export function readVariables(loaded: LoadedObject): Record<string, bigint> {
  const variables = [...loaded.maps.values()].flatMap(({ def, fd }): [string, bigint][] => {
    if (def.data === undefined) return [];
    const value = new Uint8Array(def.valueSize);
    mapLookup(fd, new Uint8Array(4), value);
    return def.data.variables.map(({ name, offset, size }) => [name, unsigned(value.subarray(offset, offset + size))]);
  });
  return Object.fromEntries(variables);
}

function unsigned(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Puts a program in the place of the function that it was loaded for, as long as `act` runs. */
export function replaces<T>(program: Fd, act: () => T): T {
  const number = bpfOrThrow(BPF_RAW_TRACEPOINT_OPEN, new Attr(16).u32(8, program.number), "attaching a test program");
  using _link = new Fd(number, "the link of a test program");
  return act();
}

/** Runs a program for network packets on one of 64 zero bytes, and returns what it returned. */
export function runOnPacket(program: Fd): number {
  const packet = new Uint8Array(64);
  const attr = new Attr(80).u32(0, program.number).u32(8, packet.length).pointer(16, packet).u32(32, 1);
  bpfOrThrow(BPF_PROG_TEST_RUN, attr, "running a test program");
  return attr.getU32(4);
}
