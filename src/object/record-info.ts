import type { TypeTable } from "../btf/types.ts";

/**
 * What somebody says that a buffer carries, in C names: one struct; several, told apart by their sizes; or several, told
 * apart by a member that is at the same place in all of them.
 */
export type NamedRecords = string | readonly string[] | TaggedRecords;

/** Structs by the value of a member that all of them have. */
export interface TaggedRecords {
  /** The member: "kind", or "header.kind" when it is in a struct of its own. */
  readonly tag: string;
  /** By the tag's value: a number, or a name of the tag's enum. */
  readonly structs: ReadonlyMap<string, string>;
}

/** How the records of several types in one buffer are told apart. */
export type RecordVariants =
  | {
      readonly by: "size";
      /** How long the records of each candidate are for whoever reads them, in bytes. */
      readonly lengths: readonly number[];
    }
  | {
      readonly by: "tag";
      /** The member: "kind", "header.kind". */
      readonly tag: string;
      /** In bytes: a shorter record has no tag. */
      readonly tagEnd: number;
      /** For each candidate the values that stand for it. */
      readonly values: readonly (readonly bigint[])[];
    };

/** Which struct the records of one ring or perf buffer are, and how that is known. */
export interface MapRecords {
  /** The map's C name. */
  readonly map: string;
  /** The record types, mostly structs, ids in {@link RecordReport.types}; none when nothing was found, several when it is undecided. */
  readonly candidates: readonly number[];
  /** How the candidates are told apart, where somebody said that all of them are sent. */
  readonly variants?: RecordVariants;
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
  /** The types that were asked for by name, ids in {@link RecordReport.types}. */
  readonly named: readonly number[];
}
