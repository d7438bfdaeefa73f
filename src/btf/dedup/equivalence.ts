import type { Mapping } from "./mapping.ts";
import { areCompatibleEnums, hasSameShape, isSame } from "./sameness.ts";

/** How far two types are compared that one type would have to be both of (libbpf: `btf_dedup_identical_types`). */
const IDENTICAL_DEPTH = 16;
const NONE = 0xffff_ffff;

/**
 * Compares the graph of types behind a candidate with that behind a canonical type, on the supposition that the two are
 * the same: each canonical type must always meet the same type of the candidate's (libbpf: `btf_dedup_is_equiv`).
 * A declaration is the same as the struct of that name; what was supposed is kept by {@link keep} if all of it holds.
 */
export class Equivalence {
  readonly #mapping: Mapping;
  /** What each canonical type was met as, by id. */
  readonly #supposed: Uint32Array;
  readonly #list: number[] = [];
  /** Whether a declaration of the base would have to become a struct, which it can't: the base stays what it is. */
  adjustsBase = false;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#supposed = new Uint32Array(mapping.types.typeCount).fill(NONE);
  }

  /** Whether the two are the same. Forgets what was supposed before. */
  holds(candidate: number, canonical: number): boolean {
    for (const id of this.#list) this.#supposed[id] = NONE;
    this.#list.length = 0;
    this.adjustsBase = false;
    // Not a recursion: the kernel's types lead to one another over thousands of steps. The last pair is looked at first.
    const waiting = [candidate, canonical];
    while (waiting.length > 0) {
      const [canonicalId = 0, candidateId = 0] = [waiting.pop(), waiting.pop()];
      if (!this.#compare(candidateId, canonicalId, waiting)) return false;
    }
    return true;
  }

  /** Makes the mapping what was supposed (libbpf: `btf_dedup_merge_hypot_map`). */
  keep(): void {
    const { types } = this.#mapping;
    for (const id of this.#list) {
      const canonical = this.#mapping.resolve(id);
      const candidate = this.#mapping.resolve(this.#supposed[id] ?? 0);
      const isDeclared = types.kind(canonical) === "fwd";
      const kind = types.kind(candidate);
      if (kind !== "fwd" && isDeclared) this.#mapping.set(canonical, candidate);
      if (this.adjustsBase || isDeclared) continue;
      const isNew = (kind === "struct" || kind === "union") && !this.#mapping.isMapped(candidate);
      if (kind === "fwd" || (isNew && this.#mapping.isMapped(canonical))) this.#mapping.set(candidate, canonical);
    }
  }

  #compare(candidate: number, canonicalOrDeclared: number, waiting: number[]): boolean {
    const mapping = this.#mapping;
    const { types } = mapping;
    mapping.countStep();
    if (mapping.resolve(candidate) === mapping.resolve(canonicalOrDeclared)) return true;
    const canonical = mapping.resolveForward(canonicalOrDeclared);
    const supposed = this.#supposed[canonical] ?? NONE;
    // Compilers write some array, struct and pointer types twice: then one canonical type meets two that are the same.
    if (supposed !== NONE) return supposed === candidate || this.#areIdentical(supposed, candidate, IDENTICAL_DEPTH);
    this.#list.push(canonical);
    this.#supposed[canonical] = candidate;
    if (types.name(candidate) !== types.name(canonical)) return false;
    const [kind, canonicalKind] = [types.kind(candidate), types.kind(canonical)];
    if (kind !== canonicalKind) return this.#isDeclarationOf(candidate, canonical);
    switch (kind) {
      case "int":
      case "float":
      case "fwd":
        return isSame(types, candidate, canonical);
      case "enum":
      case "enum64":
        return areCompatibleEnums(types, candidate, canonical);
      default:
        if (!hasSameShape(types, candidate, canonical)) return false;
        for (const pair of this.#referencePairs(candidate, canonical).reverse()) waiting.push(...pair);
        return true;
    }
  }

  /** Whether one is a declaration and the other the struct or union that it declares. */
  #isDeclarationOf(candidate: number, canonical: number): boolean {
    const { types } = this.#mapping;
    if (types.kind(candidate) === "fwd") return declares(types.info(candidate)) === types.kind(canonical);
    if (types.kind(canonical) !== "fwd") return false;
    const fits = declares(types.info(canonical)) === types.kind(candidate);
    if (fits && canonical < types.firstId) this.adjustsBase = true;
    return fits;
  }

  /** Follows one reference without end, and several into the depth (libbpf: `btf_dedup_identical_types`). */
  #areIdentical(first: number, second: number, depth: number): boolean {
    const { types } = this.#mapping;
    for (let [a, b] = [first, second]; ;) {
      this.#mapping.countStep();
      if (depth <= 0 || types.kind(a) !== types.kind(b)) return false;
      if (a === b) return true;
      const kind = types.kind(a);
      if (kind === "enum" || kind === "enum64") return areCompatibleEnums(types, a, b);
      if (!hasSameShape(types, a, b)) return false;
      const pairs = this.#referencePairs(a, b);
      const [[nextA, nextB] = [0, 0]] = pairs;
      if (pairs.length === 0) return true;
      if (kind === "struct" || kind === "union" || kind === "func_proto" || kind === "array")
        return pairs.every(([to, other]) => to === other || this.#areIdentical(to, other, depth - 1));
      [a, b] = [nextA, nextB];
    }
  }

  /** What two types of the same shape refer to, in libbpf's order: of an array the index type comes first. */
  #referencePairs(a: number, b: number): [number, number][] {
    const { types } = this.#mapping;
    const kind = types.kind(a);
    if (kind === "var" || kind === "datasec" || kind === "decl_tag")
      types.fail(`type [${a}] is a ${kind}, to which no type can refer`);
    // Of the same shape, they have their ids at the same places.
    const distance = types.at(b) - types.at(a);
    const { words } = types;
    const pairs = types.places(a, "type").map((at): [number, number] => [words[at] ?? 0, words[at + distance] ?? 0]);
    return kind === "array" ? pairs.reverse() : pairs;
  }
}

function declares(info: number): "struct" | "union" {
  return info >>> 31 === 1 ? "union" : "struct";
}
