import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { parseSpec } from "../../src/co-re/spec.ts";
import { relocationKinds, type RelocationKind } from "../../src/co-re/kinds.ts";
import { relocationValue } from "../../src/co-re/values.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import {
  anotherComposite,
  Dice,
  randomAccess,
  randomComposite,
  writeShape,
  type Composite,
} from "../support/random-types.ts";
import { relocatableObject } from "../support/relocatable.ts";
import { ourPrograms } from "./our-lines.ts";
import { describeWithReferee, referee } from "./referee.ts";

/** More of them for a night: CORE_GEN_RANDOM_RUNS=100000. */
const RUNS = Number(process.env["CORE_GEN_RANDOM_RUNS"] ?? 250);

describeWithReferee("random relocations, done as libbpf does them", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-random-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const objectPath = join(folder, "object.bpf.o");
  const targetPath = join(folder, "target.btf");

  it("come to the same instructions, or to none", { timeout: 600_000 }, () => {
    const outcomes: Outcome[] = [];
    const numbers = fc.array(fc.nat(0xffff), { minLength: 150, maxLength: 300 });
    const property = fc.property(numbers, (decisions) => {
      const { object, target } = randomCase(new Dice(decisions));
      writeFileSync(objectPath, object);
      writeFileSync(targetPath, target);
      const expected = theirs();
      outcomes.push(expected);
      expect(ours(object, target)).toEqual(expected);
    });
    // Looking for a smaller case would take minutes: with seed and path of the failure, it can be done by hand.
    fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    // All three happen often, or the cases would show little.
    const refused = outcomes.filter((outcome) => outcome === REFUSED).length;
    const poisoned = outcomes.filter((outcome) => outcome[0]?.startsWith("85")).length;
    expect(Math.min(refused, poisoned, outcomes.length - refused - poisoned)).toBeGreaterThan(RUNS / 20);
  });

  const theirs = (): Outcome => {
    const { end, programs } = referee(objectPath, { btf: targetPath });
    if (end.status !== "ok") return REFUSED;
    return Buffer.from(programs[0]!.code).toString("hex").match(/.{16}/gu)!;
  };
});

const REFUSED = "refused";
/** The instructions, or that there are none. */
type Outcome = readonly string[] | typeof REFUSED;

function ours(object: Uint8Array, target: Uint8Array): Outcome {
  const opened = openObject(object);
  try {
    return ourPrograms(opened, Btf.parse(target), opened.programs.slice(0, 1))[0]!.insns;
  } catch (error) {
    if (isCoreGenError(error) && error.code === "relocation") return REFUSED;
    throw error;
  }
}

const EXIT = 0x95n;

interface Case {
  readonly object: Uint8Array;
  readonly target: Uint8Array;
}

function randomCase(dice: Dice): Case {
  return dice.once(4) ? randomEnumCase(dice) : randomCompositeCase(dice);
}

function randomCompositeCase(dice: Dice): Case {
  const local = randomComposite(dice, "root");
  const b = new BtfBuilder();
  const type = writeShape(b, local);
  const field = randomAccess(dice, local);
  const kind = dice.pick([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 12]);
  const access = kind < 6 || dice.once(40) ? field : "0";
  const value = localValue(b, type, access, relocationKinds[kind]!);
  const insns = [...randomInsn(dice, value, kind), EXIT];
  const object = relocatableObject(b, insns, [{ insn: 0, type, access, kind }]);
  return { object, target: randomTarget(dice, local) };
}

/** An enum of the object, and one or two of the kernel; of either size. */
function randomEnumCase(dice: Dice): Case {
  const b = new BtfBuilder();
  const type = randomEnum(b, dice, "root");
  const kind = dice.pick([10, 11, 11, 12, 8]);
  const access = kind === 12 || kind === 8 ? "0" : `${dice.roll(4)}`;
  const value = localValue(b, type, access, relocationKinds[kind]!);
  const insns = [...randomInsn(dice, value, kind), EXIT];
  const object = relocatableObject(b, insns, [{ insn: 0, type, access, kind }]);
  const target = new BtfBuilder();
  randomEnum(target, dice, dice.pick(["root", "root___flavour", "root", "other"]));
  if (dice.once(3)) randomEnum(target, dice, "root___two");
  return { object, target: target.build() };
}

function randomEnum(b: BtfBuilder, dice: Dice, name: string): number {
  const signed = dice.once(2);
  const names = ["A", "B", "C___x", "D"].filter(() => !dice.once(5));
  const flavour = dice.once(3) ? "___y" : "";
  if (dice.once(3)) {
    const values = names.map((n) => [n + flavour, dice.pick([-1n, 1n << 40n, 3n, 0x8000_0000n])] as const);
    return b.enumeration64(name, signed, values);
  }
  const values = names.map((n) => [n + flavour, dice.pick([-1, 0, 7, 2 ** 31 - 1, -(2 ** 31)])] as const);
  return b.enumeration(name, dice.pick([4, 4, 4, 8]), signed, values);
}

/** One or two types that may be meant. */
function randomTarget(dice: Dice, local: Composite): Uint8Array {
  const b = new BtfBuilder();
  writeShape(b, anotherComposite(dice, local, dice.once(8) ? "root___flavour" : "root"));
  if (dice.once(3)) writeShape(b, anotherComposite(dice, local, "root___other"));
  return b.build();
}

/** What the compiler would have put into the instruction: what we think, and libbpf checks. */
function localValue(b: BtfBuilder, type: number, access: string, kind: RelocationKind): bigint {
  try {
    return relocationValue(parseSpec(Btf.parse(b.build()), type, access, kind), kind, true)?.value ?? 0n;
  } catch {
    return 0n;
  }
}

/** An instruction that holds a value: mostly one that can be relocated. */
function randomInsn(dice: Dice, value: bigint, kind: number): bigint[] {
  const held = dice.once(20) ? value + 1n : value;
  const imm = (code: bigint): bigint => code | (BigInt.asUintN(32, held) << 32n);
  const off = (code: bigint): bigint => code | (BigInt.asUintN(16, held) << 16n);
  // Only fields are ever read by a load.
  const way = kind < 6 || dice.once(20) ? dice.roll(12) : dice.roll(4);
  switch (way) {
    case 0:
    case 1:
      return [imm(0x1b7n)];
    case 2:
      return [imm(0x104n)];
    case 3:
      return [imm(0x118n), BigInt.asUintN(32, held >> 32n) << 32n];
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return [off(dice.pick([0x1261n, 0x1269n, 0x1271n, 0x1279n]))];
    case 9:
      return [off(dice.pick([0x1263n, 0x126bn, 0x1273n, 0x127bn]))];
    case 10:
      return [off(dice.pick([0x0162n, 0x016an, 0x0172n, 0x017an]))];
    default:
      return [dice.pick([0x12bfn, 0x0105n, 0x0015n])];
  }
}
