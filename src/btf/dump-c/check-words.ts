import { fieldsOf } from "../fields.ts";
import { kinds } from "../types.ts";

/** Types of which nothing is known yet but that they follow one another. */
export interface UncheckedWords {
  readonly words: Uint32Array;
  readonly typeCount: number;
  readonly strings: Uint8Array;
  fail(problem: string): never;
}

/** What a walk through the types finds out, by id. */
export interface WordFacts {
  /** Where each type's words begin. */
  readonly starts: Uint32Array;
  /** The number of its kind. */
  readonly kindNumbers: Uint8Array;
  /** 1 for a type that another one refers to; what a function returns does not count, as in libbpf. */
  readonly referenced: Uint8Array;
}

/** Finds where the types begin, the first one at word `firstStart`, and checks every reference to a type and to a string. */
export function checkWords(types: UncheckedWords, firstStart: number): WordFacts {
  const { words, typeCount } = types;
  const starts = new Uint32Array(typeCount);
  const kindNumbers = new Uint8Array(typeCount);
  const referenced = new Uint8Array(typeCount);
  const last = typeCount - 1;
  const lastName = Math.max(0, types.strings.length - 1);
  let at = firstStart;
  // Most of this runs before V8 has optimized it: every call in it would count.
  for (let id = 1; id <= last; id++) {
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x7f;
    const fixed = fixedLengths[kind] ?? 0;
    if (fixed === 0) types.fail(`type [${id}] has a kind that is newer than this program: it can't be written as C`);
    starts[id] = at;
    kindNumbers[id] = kind;
    if ((words[at] ?? 0) > lastName) refuseName(types, id, words[at] ?? 0);
    const typesEnd = at + (typesEnds[kind] ?? 0);
    for (let place = at + (typesStarts[kind] ?? 0); place < typesEnd; place++) {
      const type = words[place] ?? 0;
      if (type > last) refuseType(types, id, type);
      if (kind !== FUNC_PROTO) referenced[type] = 1;
    }
    at += fixed;
    const length = elementLengths[kind] ?? 0;
    if (length === 0) continue;
    const end = at + (info & 0xff_ffff) * length;
    const typePlace = elementTypes[kind] ?? NONE;
    const hasName = elementNames[kind] === 1;
    for (; at < end; at += length) {
      if (hasName && (words[at] ?? 0) > lastName) refuseName(types, id, words[at] ?? 0);
      if (typePlace === NONE) continue;
      const type = words[at + typePlace] ?? 0;
      if (type > last) refuseType(types, id, type);
      referenced[type] = 1;
    }
  }
  return { starts, kindNumbers, referenced };
}

const NONE = 0xff;
const FUNC_PROTO = kinds.indexOf("func_proto");
/** Words of `struct btf_type`; the last one is a reference in some kinds. */
const HEADER_WORDS = 3;
/** What 7 bits can say. */
const KINDS = 128;

/*
 * The kinds' words by number. Of void there is nothing, as of kinds that are newer than we are: neither is said in C.
 */
const fixedLengths = new Uint8Array(KINDS);
/** Where the words begin and end that are ids, counted from the type's start. */
const typesStarts = new Uint8Array(KINDS);
const typesEnds = new Uint8Array(KINDS);
const elementLengths = new Uint8Array(KINDS);
/** 1 where an element begins with a name. */
const elementNames = new Uint8Array(KINDS);
/** Which word of an element is an id. */
const elementTypes = new Uint8Array(KINDS).fill(NONE);

kinds.forEach((name, kind) => {
  const fields = fieldsOf(kind);
  if (name === "void" || fields === undefined) return;
  fixedLengths[kind] = HEADER_WORDS + fields.once.length;
  const ids = ["name", "number", fields.third, ...fields.once].flatMap((word, place) => (word === "type" ? place : []));
  typesStarts[kind] = ids[0] ?? 0;
  typesEnds[kind] = ids.length === 0 ? 0 : (ids[0] ?? 0) + ids.length;
  elementLengths[kind] = fields.element.length;
  elementNames[kind] = fields.element[0] === "name" ? 1 : 0;
  const type = fields.element.indexOf("type");
  if (type >= 0) elementTypes[kind] = type;
});

function refuseType(types: UncheckedWords, from: number, to: number): never {
  types.fail(`type [${from}] refers to type [${to}], the last one is [${types.typeCount - 1}]`);
}

function refuseName(types: UncheckedWords, id: number, nameOff: number): never {
  types.fail(`type [${id}] has a name at offset ${nameOff} of the strings, which are ${types.strings.length} bytes`);
}
