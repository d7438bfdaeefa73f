import { kinds, type BtfKind } from "./types.ts";

/** What a 32-bit word of a type stands for: an offset of the strings, the id of a type, or neither. */
export type Word = "name" | "type" | "number";

/**
 * A kind in the terms of the format: `struct btf_type` has three words, of which the first is a name and the second
 * `info`; then come words that are there once, and then those that are there `vlen` times.
 */
export interface KindFields {
  readonly third: Exclude<Word, "name">;
  readonly once: readonly Word[];
  readonly element: readonly Word[];
}

const alone: KindFields = { third: "number", once: [], element: [] };
const reference: KindFields = { third: "type", once: [], element: [] };
const composite: KindFields = { third: "number", once: [], element: ["name", "type", "number"] };

/** The one place that knows which words of which kind are names and ids (libbpf: `btf_field_iter_init`). */
const fields: Readonly<Record<BtfKind, KindFields>> = {
  void: alone,
  int: { third: "number", once: ["number"], element: [] },
  ptr: reference,
  array: { third: "number", once: ["type", "type", "number"], element: [] },
  struct: composite,
  union: composite,
  enum: { third: "number", once: [], element: ["name", "number"] },
  fwd: alone,
  typedef: reference,
  volatile: reference,
  const: reference,
  restrict: reference,
  func: reference,
  func_proto: { third: "type", once: [], element: ["name", "type"] },
  var: { third: "type", once: ["number"], element: [] },
  datasec: { third: "number", once: [], element: ["type", "number", "number"] },
  float: alone,
  decl_tag: { third: "type", once: ["number"], element: [] },
  type_tag: reference,
  enum64: { third: "number", once: [], element: ["name", "number", "number"] },
};

/** The words of a kind by its number; undefined for kinds that are newer than we are. */
export function fieldsOf(kind: number): KindFields | undefined {
  return byNumber[kind];
}

const byNumber: readonly KindFields[] = kinds.map((kind) => fields[kind]);
