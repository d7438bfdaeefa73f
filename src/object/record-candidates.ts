import { isModifier, sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";
import { DW_AT_byte_size, DW_AT_type, DW_TAG_pointer_type } from "./dwarf/constants.ts";
import type { DebugInfo } from "./dwarf/debug-info.ts";
import type { Die } from "./dwarf/die.ts";
import { LocalFinder, type Local } from "./dwarf/locals.ts";
import * as dwarf from "./dwarf/named.ts";
import type { DwarfTypes } from "./dwarf/to-btf.ts";
import { INSN_SIZE } from "./insn/insn.ts";
import type { Value } from "./insn/values.ts";
import type { BpfFunction, BpfObject } from "./model.ts";
import { isBuffer, type CodePlace, type Send } from "./sends.ts";

/** The structs that a send may be of: ids of structs and unions, or of typedefs of nameless ones. None when nothing fits. */
export interface Candidates {
  readonly ids: readonly number[];
  /** Whether nothing but the size speaks for them. */
  readonly guessed: boolean;
}

/**
 * The struct or union that a type is, as the id to call it by: a typedef only where the struct has no name of its own.
 * Undefined for all other types.
 */
export function recordId(types: TypeTable, id: number): number | undefined {
  const { id: structId, type } = skipModifiers(types, id);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  if (type.name !== "") return structId;
  for (let at = id; ;) {
    const outer = types.type(at);
    if (outer.kind === "typedef") return at;
    if (!isModifier(outer)) return structId;
    at = outer.type;
  }
}

const WORD = 8;

/** Finds the structs that a send may be of. */
export class CandidateFinder {
  readonly #object: BpfObject;
  readonly #dwarfTypes: DwarfTypes;
  readonly #locals: LocalFinder | undefined;
  #ownTypes: ReadonlySet<number> | undefined;

  constructor(object: BpfObject, debug: DebugInfo | undefined, dwarfTypes: DwarfTypes) {
    this.#object = object;
    this.#dwarfTypes = dwarfTypes;
    this.#locals = debug === undefined ? undefined : new LocalFinder(debug);
  }

  /** What the pointer says, then the variables where the code is, then the functions' types, then the size alone. */
  candidates(send: Send): Candidates {
    const { size } = send;
    const pointee = this.#pointee(send.data);
    if (pointee !== undefined && (size === undefined || this.#size(pointee) === size))
      return { ids: [pointee], guessed: false };
    if (size === undefined) return { ids: [], guessed: false };
    for (const frame of send.frames) {
      const ids = this.#amongLocals(frame, size, send);
      if (ids.length > 0) return { ids, guessed: false };
    }
    for (const { code } of send.frames) {
      const ids = this.#ofSize(signatureRecords(this.#object, code), size);
      if (ids.length > 0) return { ids, guessed: false };
    }
    // A record of a word is as likely a number as a struct.
    if (size <= WORD) return { ids: [], guessed: false };
    this.#ownTypes ??= ownTypes(this.#object);
    const ids = this.#ofSize(this.#ownTypes, size);
    return { ids: ids.length === 1 ? ids : [], guessed: true };
  }

  /** What a pointer into a map's value or to a global variable points to. */
  #pointee(data: Value): number | undefined {
    if (data.kind === "mapValue") return this.#record(this.#object.maps[data.map]?.valueTypeId ?? 0);
    if (data.kind !== "data") return undefined;
    const variables = this.#object.maps[data.map]?.data?.variables ?? [];
    return this.#record(variables.find(({ offset }) => offset === data.offset)?.typeId ?? 0);
  }

  /** The best of the locals that have the size. */
  #amongLocals({ code, slot }: CodePlace, size: number, send: Send): number[] {
    if (this.#locals === undefined) return [];
    const pc = { section: code.sectionIndex, value: (code.sectionInsnOffset + slot) * INSN_SIZE };
    const isProgram = !this.#object.subprograms.includes(code);
    const fitting = this.#locals
      .at(pc)
      // What a program gets is the kernel's context, and some record has its size: 64 bytes at every system call.
      .filter(({ role, inlined }) => !(isProgram && role === "parameter" && !inlined))
      .filter(({ type }) => recordSize(type, send.reserved) === size);
    const isCall = send.frames[0].code === code && send.frames[0].slot === slot;
    const best = fitting.filter((local) => local.inScope && (!isCall || suits(local, send)));
    const inScope = fitting.filter((local) => local.inScope);
    const chosen = [best, inScope, fitting].find((locals) => locals.length > 0) ?? [];
    return unique(chosen.flatMap((local) => this.#idOf(local)));
  }

  #idOf({ type }: Local): number[] {
    const id = recordId(this.#dwarfTypes.types, this.#dwarfTypes.idOf(pointeeOf(type) ?? type));
    return id === undefined ? [] : [id];
  }

  #ofSize(ids: Iterable<number>, size: number): number[] {
    return unique([...ids].filter((id) => this.#size(id) === size));
  }

  #record(id: number): number | undefined {
    return recordId(this.#dwarfTypes.types, id);
  }

  #size(id: number): number | undefined {
    return sizeOf(this.#dwarfTypes.types, id);
  }
}

/** Whether a local of the function that sends is of the kind that this way of sending asks for. */
function suits({ role, type }: Local, { reserved, data }: Send): boolean {
  // What is reserved in a function was no argument of it.
  if (reserved) return role !== "parameter";
  return data.kind !== "stack" || pointeeOf(type) === undefined;
}

/** The size of the struct that a local is or points to; undefined for other locals, and with `reserved` for structs themselves. */
function recordSize(type: Die, reserved: boolean): number | undefined {
  const pointee = pointeeOf(type);
  if (pointee === undefined && reserved) return undefined;
  return dwarf.recordBehind(pointee ?? type)?.number(DW_AT_byte_size);
}

function pointeeOf(type: Die): Die | undefined {
  const die = dwarf.skipModifiers(type);
  return die?.tag === DW_TAG_pointer_type ? die.target(DW_AT_type) : undefined;
}

/**
 * The structs in BTF that the program's own maps, variables and functions name: all that a stripped object has. Other
 * structs there are mostly the kernel's, and some have the right size by chance.
 */
function ownTypes(object: BpfObject): Set<number> {
  const { btf, maps, subprograms, ext } = object;
  if (btf === undefined) return new Set();
  const own = [
    ...subprograms.flatMap((code) => signatureRecords(object, code)),
    // What another buffer's value type names is the record of that one.
    ...maps.flatMap((map) => (map.data !== undefined || isBuffer(map) ? [] : recordsIn(btf, map.valueTypeId))),
    ...maps.flatMap(({ data }) => data?.variables.flatMap(({ typeId }) => recordsIn(btf, typeId)) ?? []),
  ];
  // What CO-RE relocates is the kernel's.
  const kernel = new Set(
    ext?.coreRelocations.flatMap(({ records }) => records.map(({ typeId }) => recordId(btf, typeId))),
  );
  return new Set(own.filter((id) => !kernel.has(id)));
}

/** The structs that a subprogram takes or returns. A program takes what the kernel gives it. */
function signatureRecords({ btf, subprograms }: BpfObject, code: BpfFunction): number[] {
  const id = subprograms.includes(code) ? btf?.find(code.name, "func") : undefined;
  if (btf === undefined || id === undefined) return [];
  const func = btf.type(id);
  const proto = func.kind === "func" ? btf.type(func.type) : undefined;
  if (proto?.kind !== "func_proto") return [];
  return [proto.type, ...proto.params.map(({ type }) => type)].flatMap((type) => recordsIn(btf, type));
}

/** The struct that a type is, points to, or is an array of. */
function recordsIn(types: TypeTable, typeId: number): number[] {
  const { type } = skipModifiers(types, typeId);
  const id = recordId(types, type.kind === "ptr" || type.kind === "array" ? type.type : typeId);
  return id === undefined ? [] : [id];
}

function unique(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}
