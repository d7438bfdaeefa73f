import type { StructType } from "../types.ts";
import type { Holes } from "./holes.ts";
import { CACHELINE, type MemberLayout } from "./layout.ts";

/** The sums below the members of a struct, a comment each, after an empty line (pahole: `type__fprintf_stats` and what follows). */
export function statistics(
  type: StructType,
  members: readonly MemberLayout[],
  holes: Holes,
  paddings: readonly number[],
): string {
  const size = type.size === 1 && members.length === 0 ? 0 : type.size;
  const bytes = sum(members.map(({ member, byteSize }) => (member.bitSize > 0 ? 0 : byteSize)));
  const bits = sum(members.map(({ member }) => member.bitSize));
  const lines = [
    `size: ${type.size}, cachelines: ${Math.ceil(size / CACHELINE)}, members: ${members.length}`,
    ...holeSums(holes, bytes, bits),
    ...(holes.padding > 0 ? [`padding: ${holes.padding}`] : []),
    ...(paddings.length > 0 ? [`paddings: ${paddings.length}, sum paddings: ${sum(paddings)}`] : []),
    ...(holes.bitPadding > 0 ? [`bit_padding: ${holes.bitPadding} bits`] : []),
    ...forcedAlignments(members, holes),
    ...(type.size % CACHELINE === 0 ? [] : [`last cacheline: ${type.size % CACHELINE} bytes`]),
  ];
  return `\n${lines.map((line) => `\t/* ${line} */\n`).join("")}`;
}

function holeSums({ first, behind, holes, bitHoles }: Holes, bytes: number, bits: number): string[] {
  const all = [first, ...behind];
  const sumBytes = sum(all.map((hole) => Math.max(0, hole.bytes)));
  const sumBits = sum(all.map((hole) => Math.max(0, hole.bits)));
  if (sumBytes === 0 && sumBits === 0) return [];
  const byteLine = `sum members: ${bytes}${sumBytes > 0 ? `, holes: ${holes}, sum holes: ${sumBytes}` : ""}`;
  const bitNote =
    sumBits > 0 ? `, bit holes: ${bitHoles}, sum bit holes: ${sumBits} bits` : ` (${Math.floor(bits / 8)} bytes)`;
  return [...(bytes > 0 ? [byteLine] : []), ...(bits > 0 ? [`sum bitfield members: ${bits} bits${bitNote}`] : [])];
}

/** Members that lie further away from the one before than their types need. */
function forcedAlignments(members: readonly MemberLayout[], holes: Holes): string[] {
  const forced = members.flatMap(({ alignment }, index) => (alignment === 0 ? [] : [index]));
  if (forced.length === 0) return [];
  const before = forced
    .map((index) => (index === 0 ? holes.first : holes.behind[index - 1])?.bytes ?? 0)
    .filter((hole) => hole !== 0);
  const note = before.length === 0 ? "" : `, forced holes: ${before.length}, sum forced holes: ${sum(before)}`;
  return [`forced alignments: ${forced.length}${note}`];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
