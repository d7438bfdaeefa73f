import type { Btf } from "../btf/btf.ts";
import type { CoreRelocationRecord } from "../btf/ext.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { CoreGenError } from "../errors.ts";
import type { Insn } from "../object/insn/insn.ts";
import type { BpfFunction, BpfObject } from "../object/model.ts";
import { findCandidates, type Candidate } from "./candidates.ts";
import { isFieldBased, relocationKinds, type FieldRelocationKind, type RelocationKind } from "./kinds.ts";
import { matchFieldSpec } from "./match.ts";
import { patchInsn, poisonInsn, type Patch } from "./patch.ts";
import { sourceLineOf, type SourceLine } from "./source-line.ts";
import { fieldText, parseFieldSpec, SpecError, type Spec } from "./spec.ts";
import { fieldValue, type FieldValue } from "./values.ts";

/** The types that a program is relocated against. */
export interface RelocationTargets {
  /** The kernel's BTF, or whatever stands for it. */
  readonly vmlinux: Btf;
}

/** What became of one relocation. */
export interface RelocationEntry {
  readonly kind: RelocationKind;
  /** The function whose instruction it is. */
  readonly code: BpfFunction;
  /** Slot in that function. */
  readonly insn: number;
  /** The field as C writes it: "task_struct.tgid". */
  readonly field: string;
  /** The types of the kernel that were looked at. */
  readonly candidates: readonly Candidate[];
  /** Where the field was found; undefined when no candidate has it. */
  readonly target: Spec | undefined;
  /** What the compiler put into the instruction. */
  readonly oldValue: bigint;
  /** What stands there now; undefined for a poisoned instruction. */
  readonly newValue: bigint | undefined;
  /** The line of C that the instruction comes from, where line info has it. */
  readonly source: SourceLine | undefined;
}

/** The outcome of {@link relocate}. */
export interface Relocated {
  /** The instructions of every function, patched copies. */
  readonly code: ReadonlyMap<BpfFunction, readonly Insn[]>;
  /** One entry per relocation of these functions, in the order of `.BTF.ext`. */
  readonly entries: readonly RelocationEntry[];
}

/**
 * Adjusts a program's field accesses to the kernel's types (libbpf: `bpf_object__relocate_core`). Pure.
 *
 * A field that the kernel doesn't have is not an error: its instruction is poisoned, and the verifier refuses it only if
 * it can be reached. `functions` are the ones that will be loaded. Throws a `CoreGenError` with code `relocation` where
 * libbpf refuses to load: ambiguous fields, code and types that disagree.
 *
 * @example
 * const { entries } = relocate(openObject(bytes), { vmlinux: Btf.parse(kernelBtf) });
 */
export function relocate(
  object: BpfObject,
  targets: RelocationTargets,
  functions: readonly BpfFunction[] = allFunctions(object),
): Relocated {
  const code = new Map(functions.map((f): [BpfFunction, Insn[]] => [f, f.insns.map((insn) => ({ ...insn }))]));
  const entries: RelocationEntry[] = [];
  const relocator = new Relocator(object, targets);
  for (const { section, records } of object.ext?.coreRelocations ?? []) {
    const inSection = functions.filter((f) => f.section === section);
    let owner: BpfFunction | undefined;
    for (const record of records) {
      // Records come function by function, so the last one's owner is nearly always this one's.
      if (owner === undefined || !holds(owner, record.insnOff)) owner = inSection.find((f) => holds(f, record.insnOff));
      const insns = owner && code.get(owner);
      // A record of a function that is not loaded, or of a weak one that the linker took out.
      if (owner === undefined || insns === undefined) continue;
      entries.push(relocator.apply(record, owner, insns));
    }
  }
  return { code, entries };
}

function allFunctions(object: BpfObject): BpfFunction[] {
  return [...object.programs, ...object.subprograms];
}

function holds({ sectionInsnOffset: first, insns }: BpfFunction, slot: number): boolean {
  return slot >= first && slot < first + insns.length;
}

/** A relocation that libbpf does and we do not yet. */
class UnsupportedError extends SpecError {
  static readonly hints = [
    "Relocations of fields are: bpf_core_read, bpf_core_field_exists, bpf_core_field_size, bit-fields.",
  ];
}

class Relocator {
  readonly #object: BpfObject;
  readonly #targets: RelocationTargets;
  /** By local root type: the ones that turned out not to have the field are taken out, as libbpf does. */
  readonly #candidates = new Map<number, Candidate[]>();

  constructor(object: BpfObject, targets: RelocationTargets) {
    this.#object = object;
    this.#targets = targets;
  }

  apply(record: CoreRelocationRecord, code: BpfFunction, insns: Insn[]): RelocationEntry {
    const kind = relocationKinds[record.kind];
    const insn = record.insnOff - code.sectionInsnOffset;
    const object = this.#object;
    try {
      if (kind === undefined) throw new SpecError(`its kind ${record.kind} is unknown`);
      if (!isFieldBased(kind)) throw new UnsupportedError("relocations of this kind are not supported yet");
      const outcome = this.#applyField(record, kind, insn, insns);
      return {
        ...outcome,
        kind,
        code,
        insn,
        // Found only when asked for: an object has thousands of relocations, and most callers show none.
        get source() {
          return sourceLineOf(object, code, insn);
        },
      };
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      throw this.#describe(record, kind, code, insn, error);
    }
  }

  #applyField(
    record: CoreRelocationRecord,
    kind: FieldRelocationKind,
    slot: number,
    insns: Insn[],
  ): Pick<RelocationEntry, "field" | "candidates" | "target" | "oldValue" | "newValue"> {
    const btf = this.#btf;
    const local = parseFieldSpec(btf, record.typeId, btf.string(record.accessOff), kind);
    if (btf.name(record.typeId) === "") throw new SpecError("the type it begins at has no name");
    const candidates = this.#candidatesOf(record.typeId);
    const before = fieldValue(local, kind);
    if (before === undefined) throw new SpecError("the object's own types have no value for it");
    const target = this.#choose(record.typeId, local, candidates, before);
    const after = fieldValue(target, kind);
    const field = fieldText(local);
    const oldValue = BigInt(before.value);
    const patch = after && patchOf(before, after);
    const poisonedNow = patch === undefined ? poison(insns, slot) : patchInsn(insns, slot, patch);
    return { field, candidates, target, oldValue, newValue: poisonedNow ? undefined : patch?.newValue };
  }

  get #btf(): Btf {
    if (this.#object.btf === undefined) throw new SpecError("the object has no BTF");
    return this.#object.btf;
  }

  #candidatesOf(typeId: number): Candidate[] {
    const known = this.#candidates.get(typeId);
    if (known !== undefined) return known;
    const found = findCandidates(this.#btf, typeId, this.#targets.vmlinux);
    this.#candidates.set(typeId, found);
    return found;
  }

  /** The field in the candidates that have it, which must all agree (libbpf: `bpf_core_calc_relo_insn`). */
  #choose(typeId: number, local: Spec, candidates: readonly Candidate[], before: FieldValue): Spec | undefined {
    const matching = candidates.flatMap((candidate) => {
      const spec = matchFieldSpec(local, candidate.btf, candidate.id);
      return spec === undefined ? [] : [{ candidate, spec }];
    });
    const [first, ...others] = matching;
    if (first === undefined) return undefined;
    this.#candidates.set(
      typeId,
      matching.map(({ candidate }) => candidate),
    );
    const chosen = fieldValue(first.spec, local.kind) ?? before;
    for (const { spec } of others) {
      const value = fieldValue(spec, local.kind) ?? before;
      if (spec.bitOffset !== first.spec.bitOffset || value.value !== chosen.value) {
        throw new SpecError(
          `the kernel has several types ${fieldText(first.spec)} that disagree: [${first.spec.rootTypeId}] says ${chosen.value}, [${spec.rootTypeId}] says ${value.value}`,
        );
      }
    }
    return first.spec;
  }

  #describe(
    record: CoreRelocationRecord,
    kind: RelocationKind | undefined,
    code: BpfFunction,
    insn: number,
    cause: SpecError,
  ): CoreGenError {
    const source = sourceLineOf(this.#object, code, insn);
    const where = source === undefined ? "" : ` (${source.file}:${source.line})`;
    const type = this.#object.btf?.name(record.typeId) ?? "";
    const what = `the ${kind ?? "unknown"} relocation of instruction ${insn} of ${code.name}${where}, type ${type === "" ? `[${record.typeId}]` : type}`;
    const message = `${this.#object.elf.what}: applying ${what}: ${cause.message}`;
    return cause instanceof UnsupportedError
      ? new CoreGenError("unsupported", message, { hints: UnsupportedError.hints, cause })
      : new CoreGenError("relocation", message, { cause });
  }
}

function poison(insns: Insn[], slot: number): true {
  poisonInsn(insns, slot);
  return true;
}

function patchOf(before: FieldValue, after: FieldValue): Patch {
  const sizeChanges = before.access?.size !== after.access?.size;
  return {
    oldValue: BigInt(before.value),
    newValue: BigInt(after.value),
    validate: before.validate,
    oldSize: before.access?.size,
    newSize: after.access?.size,
    sizeMayNotChange: sizeChanges && !isSafeToResize(before, after),
  };
}

/** Pointers and unsigned integers keep their value when they are loaded with another size. */
function isSafeToResize({ access: before }: FieldValue, { access: after }: FieldValue): boolean {
  if (before === undefined || after === undefined) return false;
  const a = skipModifiers(before.btf, before.typeId).type;
  const b = skipModifiers(after.btf, after.typeId).type;
  if (a.kind === "ptr" && b.kind === "ptr") return true;
  return a.kind === "int" && b.kind === "int" && !a.signed && !b.signed;
}
