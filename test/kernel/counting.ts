import { closeSync, openSync, readFileSync } from "node:fs";
import { EXIT, LD_IMM64, type Insn } from "../../src/object/insn/insn.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { findSectionDef } from "../../src/object/sections.ts";
import { loadObject, type LoadedObject, type LoadedProgram } from "../../src/runtime/load/load.ts";
import { mapLookup } from "../../src/runtime/sys/map-ops.ts";

const insn = (code: number, dst = 0, src = 0, off = 0, imm = 0): Insn => ({ code, dst, src, off, imm });

/** A loaded program that counts how often it ran. */
export interface CountingProgram {
  readonly program: LoadedProgram;
  runs(): number;
  close(): void;
  [Symbol.dispose](): void;
}

/** Loads `*counter += 1; return 0;` as a program of the given section, with the maps of examples/opencount. */
export function loadCounting(section: string): CountingProgram {
  const loaded = loadObject(countingObject(section), {
    autoload: new Map(),
    maps: new Map(),
    contents: new Map(),
  });
  const program = loaded.programs.get("handle_openat");
  if (program === undefined) throw new Error("the program was not loaded");
  const close = (): void => {
    loaded.close();
  };
  return { program, runs: () => readCounter(loaded), close, [Symbol.dispose]: close };
}

function countingObject(section: string): BpfObject {
  const object = openObject(readFileSync("examples/opencount/opencount.bpf.o"), { what: "counting" });
  const bss = object.maps.findIndex(({ name }) => name === ".bss");
  const atomicAdd = 0xdb;
  const insns = [insn(LD_IMM64, 1), insn(0), insn(0xb7, 2, 0, 0, 1), insn(atomicAdd, 1, 2), insn(0xb7), insn(EXIT)];
  const relocations = [{ insn: 0, target: { kind: "data", map: bss, offset: 0 } as const }];
  const change = { section, def: findSectionDef(section), insns, relocations };
  return { ...object, ext: undefined, programs: object.programs.map((program) => ({ ...program, ...change })) };
}

function readCounter(loaded: LoadedObject): number {
  const bss = loaded.maps.get(".bss");
  if (bss === undefined) throw new Error("there is no .bss");
  const value = new Uint8Array(16);
  mapLookup(bss.fd, new Uint8Array(4), value);
  return new Uint32Array(value.buffer)[0] ?? 0;
}

/** Makes the system call openat. */
export function openFiles(count: number): void {
  for (let i = 0; i < count; i++) closeSync(openSync("/dev/null", "r"));
}
