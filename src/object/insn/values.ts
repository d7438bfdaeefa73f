/** More constants or maps than this in one register are as good as none. */
const MAX_CHOICES = 8;

/** What is known of a register's contents. Values never change; a register gets another one. */
export type Value =
  | { readonly kind: "unknown" }
  /** One of these numbers. */
  | { readonly kind: "const"; readonly values: readonly number[] }
  /** One of these maps, indexes in `BpfObject.maps`. */
  | { readonly kind: "map"; readonly maps: readonly number[] }
  /** The begin of a value of this map, as `bpf_map_lookup_elem` returns. */
  | { readonly kind: "mapValue"; readonly map: number }
  /** Global data: bytes from the begin of the section that this map holds. */
  | { readonly kind: "data"; readonly map: number; readonly offset: number }
  /** A function, by its slot in `.text`. */
  | { readonly kind: "function"; readonly slot: number }
  /** The function's own stack frame: bytes from its top, negative. */
  | { readonly kind: "stack"; readonly offset: number };

export const unknown: Value = { kind: "unknown" };

/** The constant `value`. */
export function constant(value: number): Value {
  return { kind: "const", values: [value] };
}

/** What is known of a register that holds `a` on one way and `b` on the other. */
export function join(a: Value, b: Value): Value {
  if (a === b) return a;
  switch (a.kind) {
    case "const": {
      const values = b.kind === "const" ? union(a.values, b.values) : undefined;
      return values === undefined ? unknown : values === a.values ? a : { kind: "const", values };
    }
    case "map": {
      const maps = b.kind === "map" ? union(a.maps, b.maps) : undefined;
      return maps === undefined ? unknown : maps === a.maps ? a : { kind: "map", maps };
    }
    case "mapValue":
      return b.kind === "mapValue" && b.map === a.map ? a : unknown;
    case "data":
      return b.kind === "data" && b.map === a.map && b.offset === a.offset ? a : unknown;
    case "function":
      return b.kind === "function" && b.slot === a.slot ? a : unknown;
    case "stack":
      return b.kind === "stack" && b.offset === a.offset ? a : unknown;
    case "unknown":
      return a;
  }
}

/** `a` itself when it has all of `b`; undefined when there are too many. */
function union(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const added = b.filter((choice) => !a.includes(choice));
  if (added.length === 0) return a;
  return a.length + added.length > MAX_CHOICES ? undefined : [...a, ...added];
}
