import type { TypeTable } from "../btf/types.ts";

/** Which struct the records of one ring or perf buffer are, and how that is known. */
export interface MapRecords {
  /** The map's C name. */
  readonly map: string;
  /** The record types, mostly structs, ids in {@link RecordReport.types}; none when nothing was found, several when it is undecided. */
  readonly candidates: readonly number[];
  /** What settled it; a guess has nothing to go by but the record's size. */
  readonly source: "flag" | "value-type" | "decl-tag" | "code" | "guess" | "none";
  /** Sizes in bytes of the records that the code was seen to send; undefined inside for a size known only at run time. */
  readonly sizes: readonly (number | undefined)[];
  /** For people: what was found or not, and the one-line fix. */
  readonly message: string;
}

/** The records of an object's buffers, with the types they are made of. */
export interface RecordReport {
  /** The object's BTF, with types that were only in DWARF on top of it. */
  readonly types: TypeTable;
  /** One entry per ring buffer and perf event array, in map order. */
  readonly maps: readonly MapRecords[];
}
