import { CoreGenError } from "../../errors.ts";
import type { UsdtNote } from "./notes.ts";

/** A part of an ELF file that is loaded into memory (`PT_LOAD`). */
export interface ElfSegment {
  readonly address: bigint;
  /** In memory, in bytes. */
  readonly size: bigint;
  /** In the file. */
  readonly offset: bigint;
  readonly executable: boolean;
}

/** Where uprobes are set: offsets in the file, in bytes. */
export interface UsdtPlace {
  readonly offset: bigint;
  /** Of the counter of those who listen, 0 for none. */
  readonly semaphoreOffset: bigint;
  /** As the file says it: of an executable that is not position-independent, where the probe is in memory. */
  readonly address: bigint;
}

/**
 * Finds the place of a note in the file (libbpf: `collect_usdt_targets`). `base` is where `.stapsdt.base` is now: prelink
 * moves code and not notes. `probe` is for errors: throws a `CoreGenError` with code `bad-input` when it is nowhere.
 */
export function placeOf(
  note: UsdtNote,
  base: bigint | undefined,
  segments: readonly ElfSegment[],
  probe: string,
): UsdtPlace {
  const moved = base === undefined || base === 0n || note.base === 0n ? 0n : base - note.base;
  const address = BigInt.asUintN(64, note.location + moved);
  const offset = offsetOf(address, segments, true);
  if (offset === undefined)
    throw new CoreGenError("bad-input", `looking for ${probe}: 0x${address.toString(16)} is not in its code`);
  if (note.semaphore === 0n) return { offset, semaphoreOffset: 0n, address };
  // The format says that it moves, too; libbpf takes it for where it was.
  const semaphore = BigInt.asUintN(64, note.semaphore + moved);
  const semaphoreOffset = offsetOf(semaphore, segments, false);
  if (semaphoreOffset === undefined) {
    const where = `0x${semaphore.toString(16)}`;
    throw new CoreGenError("bad-input", `looking for ${probe}: its semaphore at ${where} is not in its data`);
  }
  return { offset, semaphoreOffset, address };
}

function offsetOf(address: bigint, segments: readonly ElfSegment[], executable: boolean): bigint | undefined {
  const found = segments.find((segment) => segment.address <= address && address < segment.address + segment.size);
  return found?.executable === executable ? address - found.address + found.offset : undefined;
}
