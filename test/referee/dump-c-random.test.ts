import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { Dice } from "../support/random-types.ts";
import { bpftoolPath, describeWithReferee } from "./referee.ts";
import { expectSameText } from "./same-text.ts";

/** More of them for a night: CORE_GEN_RANDOM_RUNS=100000. */
const RUNS = Number(process.env["CORE_GEN_RANDOM_RUNS"] ?? 250);

/** An error: ours, or bpftool's. */
const REFUSED = "refused";

describeWithReferee("random types as C, as bpftool writes them", { bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-dump-c-random-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "types.btf");

  it("are the same text, or refused", { timeout: 600_000 }, () => {
    let refused = 0;
    let crashed = 0;
    const numbers = fc.array(fc.nat(0xffff), { minLength: 300, maxLength: 600 });
    const property = fc.property(numbers, fc.boolean(), (decisions, sorted) => {
      const bytes = randomTypes(new Dice(decisions));
      writeFileSync(path, bytes);
      const expected = theirs(sorted);
      if (expected === undefined) crashed++;
      if (expected === REFUSED) refused++;
      const header = ours(bytes, sorted);
      if (expected !== undefined) expectSameText(header, expected);
    });
    fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    // Both happen, or the cases would show little.
    expect(refused).toBeGreaterThan(0);
    expect(refused + crashed).toBeLessThan(RUNS / 2);
  });

  /** Undefined where bpftool crashes: it divides by the alignment of members that have none. */
  function theirs(sorted: boolean): string | undefined {
    const args = ["btf", "dump", "file", path, "format", "c", ...(sorted ? [] : ["unsorted"])];
    const { status, stdout, stderr } = spawnSync(bpftoolPath, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (status === null) return undefined;
    // What it prints then is no C.
    const isNoC = stderr.includes("unexpected type in decl chain");
    return status === 0 && !isNoC ? stdout : REFUSED;
  }
});

function ours(bytes: Uint8Array, sorted: boolean): string {
  try {
    return dumpC(Btf.parse(bytes), { sorted });
  } catch (error) {
    if (isCoreGenError(error)) return REFUSED;
    throw error;
  }
}

const tags = ["a", "b", "c", "a___2", ""] as const;
const typedefs = ["t", "u", "a", "__gnuc_va_list", "__builtin_va_list"] as const;
const values = ["A", "B", "t", "C"] as const;
const fields = ["x", "y", "z", ""] as const;
const integers = ["int", "long", "unsigned long", "char", "__Poly8_t", "a"] as const;

/** Up to thirty types that refer to each other as C can say, and now and then as it can't. */
function randomTypes(dice: Dice): Uint8Array {
  const types = new RandomTypes(dice);
  for (let left = 10 + dice.roll(20); left > 0; left--) types.add();
  return types.build();
}

class RandomTypes {
  readonly #dice: Dice;
  readonly #b: BtfBuilder;
  /** Structs come first, so that pointers can lead to one that is not there yet. */
  readonly #structs: number;
  /** Types that were added before, so that there are no circles: those that declare something, and those with a size. */
  readonly #declarable: number[] = [0];
  readonly #sized: number[] = [];
  #added: number;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#b = new BtfBuilder({ littleEndian: !dice.once(2) });
    this.#structs = 1 + dice.roll(5);
    this.#added = this.#b.int("int", 4);
    this.#declarable.push(this.#added);
    this.#sized.push(this.#added);
  }

  build(): Uint8Array {
    return this.#b.build();
  }

  add(): void {
    const first = this.#added <= this.#structs;
    const {
      id,
      isSized = true,
      isDeclarable = true,
    } = first || this.#dice.once(4) ? this.#composite(first) : this.#other();
    this.#added = id;
    if (isDeclarable) this.#declarable.push(id);
    if (isSized && isDeclarable) this.#sized.push(id);
  }

  #any(): number {
    return this.#dice.pick(this.#declarable);
  }

  #anySized(): number {
    return this.#dice.once(200) ? this.#any() : this.#dice.pick(this.#sized);
  }

  #composite(first: boolean): Added {
    const dice = this.#dice;
    const kind = dice.once(4) ? "union" : "struct";
    // Those that pointers lead to from everywhere must have names: a circle without one has no end.
    const name = first ? dice.pick(["a", "b", "c"]) : dice.pick(tags);
    const hasBitFields = dice.once(2);
    let offset = 0;
    const members = fields.slice(dice.roll(4)).map((field) => {
      const bits = hasBitFields && dice.once(2) ? 1 + dice.roll(20) : 0;
      if (kind === "struct") offset += dice.pick([0, 0, 1, 8, 16, 24, 32, 64, 96, 192]);
      if (bits === 0) offset = Math.ceil(offset / 8) * 8;
      // Now and then it is inside itself.
      const type = dice.once(100) ? this.#added + 1 : this.#anySized();
      const member = [field, type, offset] as const;
      if (kind === "struct") offset += bits === 0 ? dice.pick([8, 16, 32, 64, 128]) : bits;
      return hasBitFields ? ([...member, bits] as const) : member;
    });
    const size = Math.ceil(offset / 8) + dice.pick([0, 0, 1, 4, 8, 24]);
    return { id: this.#b.composite(kind, name, size, members) };
  }

  #other(): Added {
    const [dice, b] = [this.#dice, this.#b];
    const size = dice.pick([1, 2, 4, 8]);
    switch (dice.roll(16)) {
      case 0:
        return { id: b.int(dice.pick(integers), size) };
      case 1:
      case 2:
        return { id: b.refer("ptr", dice.once(2) ? 2 + dice.roll(this.#structs) : this.#any()) };
      case 3:
      case 4:
        return { id: b.array(this.#anySized(), dice.roll(4), this.#anySized()) };
      case 5:
        return { id: b.enumeration(dice.pick(tags), size, dice.once(2), this.#values(Number)) };
      case 6:
        return {
          id: b.enumeration64(
            dice.pick(tags),
            dice.once(2),
            this.#values((n) => BigInt(n) << 31n),
          ),
        };
      case 7:
        return { id: b.add({ kind: "fwd", name: dice.pick(tags), kindFlag: dice.once(2) }), isSized: false };
      case 8:
        return { id: b.refer("typedef", this.#any(), dice.pick(typedefs)), isSized: false };
      case 9:
        return { id: b.refer("typedef", this.#anySized(), dice.pick(typedefs)) };
      case 10:
        return { id: b.refer(dice.pick(["const", "volatile", "restrict"]), this.#anySized()) };
      case 11:
      case 12:
        return { id: this.#function(), isSized: false };
      case 13:
        return { id: b.add({ kind: "float", name: "double", sizeOrType: size }) };
      case 14:
        return { id: b.add({ kind: "type_tag", name: "user", kindFlag: dice.once(3), sizeOrType: this.#anySized() }) };
      default:
        return {
          id: b.add({ kind: "decl_tag", name: "note", sizeOrType: this.#any(), words: [-1] }),
          isDeclarable: false,
        };
    }
  }

  #function(): number {
    const parameters = fields
      .slice(this.#dice.roll(4))
      .flatMap((name) => [this.#b.string(name), this.#dice.once(8) ? 0 : this.#anySized()]);
    const words = { vlen: parameters.length / 2, words: parameters };
    return this.#b.add({ kind: "func_proto", sizeOrType: this.#any(), ...words });
  }

  #values<T>(value: (n: number) => T): (readonly [string, T])[] {
    return values.slice(this.#dice.roll(5)).map((name) => [name, value(this.#dice.roll(4) - 1)] as const);
  }
}

interface Added {
  readonly id: number;
  /** Whether it can be a member. Default: true. */
  readonly isSized?: boolean;
  /** Whether others can be built of it at all. Default: true. */
  readonly isDeclarable?: boolean;
}
