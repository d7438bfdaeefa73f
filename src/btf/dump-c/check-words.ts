import { fieldsOf } from "../fields.ts";
import { kindOf, vlenOf } from "../index/offsets.ts";
import { kinds } from "../types.ts";

/** The words of some types, of which nothing is known yet. */
export interface UncheckedWords {
  readonly typeCount: number;
  readonly strings: Uint8Array;
  /** Where the type's words begin. */
  at(id: number): number;
  /** Where the type's members, values, parameters or other own words begin. */
  elements(id: number): number;
  word(at: number): number;
  fail(problem: string): never;
}

/**
 * Checks every reference to a type and to a string. Returns a 1 for each type that another one refers to, by id; what a
 * function returns does not count, as in libbpf.
 */
export function checkWords(types: UncheckedWords): Uint8Array {
  const referenced = new Uint8Array(types.typeCount);
  const last = types.typeCount - 1;
  const lastName = Math.max(0, types.strings.length - 1);
  for (let id = 1; id <= last; id++) {
    const start = types.at(id);
    const info = types.word(start + 1);
    const places = placesByKind[kindOf(info)];
    if (places === undefined)
      types.fail(`type [${id}] has a kind that is newer than this program: it can't be written as C`);
    if (types.word(start) > lastName) refuseName(types, id, types.word(start));
    for (const place of places.types) {
      const type = types.word(start + place);
      if (type > last) refuseType(types, id, type);
      if (!places.isFunction) referenced[type] = 1;
    }
    const { length, hasName, type: typePlace } = places.element;
    if (length === 0) continue;
    let at = types.elements(id);
    for (let left = vlenOf(info); left > 0; left--, at += length) {
      if (hasName && types.word(at) > lastName) refuseName(types, id, types.word(at));
      if (typePlace < 0) continue;
      const type = types.word(at + typePlace);
      if (type > last) refuseType(types, id, type);
      referenced[type] = 1;
    }
  }
  return referenced;
}

/** Where the words of a kind are that are checked, counted from the type's start or an element's. */
interface Places {
  readonly isFunction: boolean;
  readonly types: readonly number[];
  readonly element: {
    readonly length: number;
    /** Names are first, where there are some. */
    readonly hasName: boolean;
    /** -1 where there is none. */
    readonly type: number;
  };
}

/** Of void there is nothing, as of kinds that are newer than we are: neither is said in C. */
const placesByKind = kinds.map((name, kind): Places | undefined => {
  const fields = fieldsOf(kind);
  if (name === "void" || fields === undefined) return undefined;
  const words = ["name", "number", fields.third, ...fields.once];
  return {
    isFunction: name === "func_proto",
    types: words.flatMap((word, place) => (word === "type" ? [place] : [])),
    element: {
      length: fields.element.length,
      hasName: fields.element[0] === "name",
      type: fields.element.indexOf("type"),
    },
  };
});

function refuseType(types: UncheckedWords, from: number, to: number): never {
  types.fail(`type [${from}] refers to type [${to}], the last one is [${types.typeCount - 1}]`);
}

function refuseName(types: UncheckedWords, id: number, nameOff: number): never {
  types.fail(`type [${id}] has a name at offset ${nameOff} of the strings, which are ${types.strings.length} bytes`);
}
