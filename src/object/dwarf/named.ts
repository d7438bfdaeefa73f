import {
  DW_AT_declaration,
  DW_AT_name,
  DW_AT_type,
  DW_TAG_atomic_type,
  DW_TAG_const_type,
  DW_TAG_enumeration_type,
  DW_TAG_restrict_type,
  DW_TAG_structure_type,
  DW_TAG_typedef,
  DW_TAG_union_type,
  DW_TAG_volatile_type,
} from "./constants.ts";
import type { DebugInfo } from "./debug-info.ts";
import type { Die } from "./die.ts";

const MAX_TYPEDEFS = 32;
const modifiers: ReadonlySet<number> = new Set([
  DW_TAG_typedef,
  DW_TAG_const_type,
  DW_TAG_volatile_type,
  DW_TAG_restrict_type,
  DW_TAG_atomic_type,
]);

/** All structs, unions and typedefs of such that have a name and a layout, in file order. */
export function* namedRecordTypes(debug: DebugInfo): Generator<{ readonly name: string; readonly die: Die }> {
  for (const unit of debug.units) {
    const walker = debug.walk(unit);
    while (walker.next()) {
      if (!isRecordTag(walker.tag) && walker.tag !== DW_TAG_typedef) continue;
      const die = debug.die(walker.offset);
      const name = die.string(DW_AT_name);
      if (name !== undefined && name !== "" && recordBehind(die) !== undefined) yield { name, die };
    }
  }
}

/** The struct or union with this name, or the typedef of one. */
export function findRecordType(debug: DebugInfo, name: string): Die | undefined {
  let typedef: Die | undefined;
  for (const named of namedRecordTypes(debug)) {
    if (named.name !== name) continue;
    if (isRecordTag(named.die.tag)) return named.die;
    typedef ??= named.die;
  }
  return typedef;
}

/** The enum with this name, or the typedef of one. */
export function findEnumType(debug: DebugInfo, name: string): Die | undefined {
  for (const unit of debug.units) {
    const walker = debug.walk(unit);
    while (walker.next()) {
      if (walker.tag !== DW_TAG_enumeration_type && walker.tag !== DW_TAG_typedef) continue;
      const die = debug.die(walker.offset);
      if (die.string(DW_AT_name) === name && isEnum(skipModifiers(die))) return die;
    }
  }
  return undefined;
}

function isEnum(die: Die | undefined): boolean {
  return die?.tag === DW_TAG_enumeration_type && !die.flag(DW_AT_declaration);
}

/** The struct or union behind typedefs and qualifiers; undefined for other types, and for a struct that is only declared. */
export function recordBehind(type: Die): Die | undefined {
  const die = skipModifiers(type);
  return die !== undefined && isRecordTag(die.tag) && !die.flag(DW_AT_declaration) ? die : undefined;
}

/** The type behind typedefs and qualifiers. */
export function skipModifiers(type: Die): Die | undefined {
  let die: Die | undefined = type;
  for (let depth = 0; die !== undefined && modifiers.has(die.tag); depth++) {
    if (depth > MAX_TYPEDEFS) type.fail(`is a type behind more than ${MAX_TYPEDEFS} typedefs and qualifiers`);
    die = die.target(DW_AT_type);
  }
  return die;
}

function isRecordTag(tag: number): boolean {
  return tag === DW_TAG_structure_type || tag === DW_TAG_union_type;
}
