import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { alignOf } from "../../src/btf/align.ts";
import { Btf } from "../../src/btf/btf.ts";
import { deduplicate } from "../../src/btf/dedup/dedup.ts";
import { encodeBtf, encodeLike } from "../../src/btf/encode.ts";
import { ownTypes } from "../../src/btf/opaque.ts";
import { reachableFrom } from "../../src/btf/references.ts";
import { sizeOf, skipModifiers } from "../../src/btf/resolve.ts";
import { swapByteOrder } from "../../src/btf/swap.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";
import { randomFrom, type Random } from "../support/mutate-btf.ts";
import { Dice, randomComposite, writeShape } from "../support/random-types.ts";

/*
 * Damaged BTF by number: case N is always the same bytes, so that one that fails can be tried again. scripts/fuzz.ts tries
 * millions of them, btf.test.ts some thousands.
 */

/** BTF to be damaged, and what it stands on. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly base?: Btf;
}

const SMALL = 2048;
const PATIENCE_MS = 1000;
const MEMORY_PER_BYTE = 10;
const MEMORY_AT_LEAST = 64 * 2 ** 20;

/** Hand-made BTF of every kind, of both byte orders and split, random types, and the small ones of this project's and the corpus's objects. */
export function seeds(): Seed[] {
  return [...handMade(), ...randomTypes(), ...objects()].filter(({ bytes }) => bytes.length <= SMALL);
}

function handMade(): Seed[] {
  const layouts = Array.from({ length: 22 }, (_kind, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
  return [true, false].flatMap((littleEndian) => {
    const unknown = everyKind(littleEndian);
    unknown.add({ kind: 20, name: "new", vlen: 2, words: [1, 2, 3, 4, 5] });
    unknown.add({ kind: 21, name: "newer" });
    const base = Btf.parse(everyKind(littleEndian).build());
    const split = new BtfBuilder({ littleEndian, base });
    split.composite("struct", "own", 8, [
      ["s", 4, 0],
      ["next", base.typeCount + 1, 32],
    ]);
    split.refer("ptr", base.typeCount);
    split.refer("typedef", 4, "s_t");
    const order = littleEndian ? "little-endian" : "big-endian";
    return [
      { name: `every kind, ${order}`, bytes: everyKind(littleEndian).build() },
      { name: `layouts, ${order}`, bytes: unknown.build({ layouts }) },
      { name: `split, ${order}`, bytes: split.build(), base },
    ];
  });
}

function randomTypes(): Seed[] {
  return Array.from({ length: 10 }, (_, seed) => {
    const random = randomFrom(seed);
    const dice = new Dice(Array.from({ length: 400 }, () => random(1000)));
    const b = new BtfBuilder({ littleEndian: seed % 2 === 0 });
    for (let index = 0; index < 3; index++) writeShape(b, randomComposite(dice, `root${index}`));
    return { name: `random types ${seed}`, bytes: b.build() };
  });
}

function objects(): Seed[] {
  const root = join(import.meta.dirname, "../..");
  const corpus = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "core-gen-corpus/objects");
  const folders = [
    join(root, "examples/execsnoop"),
    join(root, "examples/opencount"),
    join(root, "test/objects"),
    corpus,
  ];
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".o"))
        .sort()
        .map((name) => join(folder, name)),
    );
  return files.flatMap((path) => {
    const section = parseElf(readFileSync(path), path).section(".BTF");
    return section === undefined ? [] : [{ name: path, bytes: section.data }];
  });
}

/** Case `number` of these seeds. */
export function damagedCase(all: readonly Seed[], number: number): Seed {
  const random = randomFrom(number);
  // The generator's first numbers are alike for numbers that follow each other.
  for (let index = 0; index < 4; index++) random(2);
  const seed = all[random(all.length)]!;
  let bytes = Uint8Array.from(seed.bytes);
  for (let edits = 1 + random(8); edits > 0; edits--) bytes = damage(bytes, all, random);
  return { ...seed, bytes };
}

/** Small numbers and all ones are what ids, sizes, counts and offsets are confused by. */
const interesting = [0, 1, 2, 3, 4, 8, 16, 255, 0xffff, 0x1_0000, 0xff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

function damage(bytes: Uint8Array<ArrayBuffer>, all: readonly Seed[], random: Random): Uint8Array<ArrayBuffer> {
  const at = random(Math.max(1, bytes.length));
  const word = at - (at % 4);
  const view = new DataView(bytes.buffer);
  const hasWord = word + 4 <= bytes.length;
  switch (random(10)) {
    case 0:
      bytes[at] = random(256);
      return bytes;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 2:
    case 3:
      if (hasWord) view.setUint32(word, interesting[random(interesting.length)]!, random(2) === 0);
      return bytes;
    case 4:
      if (hasWord) view.setUint32(word, random(64), random(2) === 0);
      return bytes;
    case 5:
      // A kind, and how many elements it has.
      if (hasWord)
        view.setUint32(word, random(24) * 2 ** 24 + random(8) + (random(4) === 0 ? 2 ** 31 : 0), random(2) === 0);
      return bytes;
    case 6:
      return bytes.slice(0, random(8) === 0 ? at : bytes.length);
    case 7: {
      const length = 4 * random(16);
      return concatenate(bytes.subarray(0, word), bytes.subarray(word + length));
    }
    case 8: {
      const length = 4 * random(16);
      return concatenate(bytes.subarray(0, word + length), bytes.subarray(word));
    }
    default: {
      const other = all[random(all.length)]!.bytes;
      const from = 4 * random(Math.max(1, other.length / 4));
      return concatenate(bytes.subarray(0, word), other.subarray(from, from + 4 * random(32)), bytes.subarray(word));
    }
  }
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What is wrong with how a case is read; undefined when all is a value or an error of ours, in time and without much memory. */
export function problemWith({ bytes, base }: Seed): string | undefined {
  const memory = usedMemory();
  // The processor's time: on a busy machine every file waits now and then.
  const start = process.cpuUsage();
  try {
    use(bytes, base);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  if (took > PATIENCE_MS) return `took ${took.toFixed(0)} ms`;
  const grown = usedMemory() - memory;
  const limit = MEMORY_PER_BYTE * bytes.length + MEMORY_AT_LEAST;
  return grown > limit ? `took ${grown} bytes of memory for ${bytes.length}` : undefined;
}

function usedMemory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function use(bytes: Uint8Array, base: Btf | undefined): void {
  const btf = valueOf(() => Btf.parse(bytes, base === undefined ? {} : { base }));
  if (btf === undefined) return;
  for (let id = 0; id < btf.typeCount; id++) {
    valueOf(() => btf.type(id));
    valueOf(() => sizeOf(btf, id));
    valueOf(() => alignOf(btf, id));
    valueOf(() => skipModifiers(btf, id));
    const name = valueOf(() => btf.name(id));
    if (name !== undefined) valueOf(() => btf.find(name, btf.kind(id)));
  }
  valueOf(() => reachableFrom(btf, [btf.typeCount - 1]));
  valueOf(() => encodeBtf(ownTypes(btf), btf.littleEndian, { base, layouts: true }));
  expectStable(btf);
  expectSwapped(btf);
  const smaller = valueOf(() => deduplicate(btf));
  if (smaller !== undefined) parseAgain(btf, smaller.bytes);
}

/** What is written is read again, and written the same. */
function expectStable(btf: Btf): void {
  const once = valueOf(() => encodeLike(btf));
  if (once === undefined) return;
  const twice = encodeLike(parseAgain(btf, once));
  if (!areSame(once, twice)) throw new Error("what is encoded again is not the same");
}

function expectSwapped(btf: Btf): void {
  const once = valueOf(() => swapByteOrder(btf));
  if (once === undefined) return;
  if (!areSame(swapByteOrder(parseAgain(btf, once)), btf.bytes))
    throw new Error("what is swapped twice is not the same");
}

/** Throws when what was written can't be read. */
function parseAgain({ base }: Btf, bytes: Uint8Array): Btf {
  return Btf.parse(bytes, base === undefined ? {} : { base });
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Undefined for an error of ours. */
function valueOf<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}
