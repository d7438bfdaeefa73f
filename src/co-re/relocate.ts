import type { Btf } from "../btf/btf.ts";
import type { CoreRelocationRecord } from "../btf/ext.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { CoreGenError } from "../errors.ts";
import type { Insn } from "../object/insn/insn.ts";
import type { BpfFunction, BpfObject } from "../object/model.ts";
import { findCandidates, type Candidate, type RelocationTargets } from "./candidates.ts";
import { relocationKinds, type RelocationKind } from "./kinds.ts";
import { candidateText, logSpec, type Log } from "./log.ts";
import { matchSpec } from "./match.ts";
import { patchInsn, poisonInsn, type Patch } from "./patch.ts";
import { sourceLineOf, type SourceLine } from "./source-line.ts";
import { parseSpec, SpecError, specText, type Spec } from "./spec.ts";
import { relocationValue, type RelocationValue } from "./values.ts";

/** How {@link relocate} works. */
export interface RelocateOptions {
  /** The functions that will be loaded; default: all. */
  readonly functions?: readonly BpfFunction[];
  /** Gets each line that libbpf would write into its debug log, without "libbpf: " before it. */
  readonly log?: (line: string) => void;
  /** Collect what can't be relocated in `failures`, and go on, where loading would end; default: throw. */
  readonly keepGoing?: boolean;
}

/** What became of one relocation. */
export interface RelocationEntry {
  readonly kind: RelocationKind;
  /** The function whose instruction it is. */
  readonly code: BpfFunction;
  /** Slot in that function. */
  readonly insn: number;
  /** What it is about, nearly as C writes it: "task_struct.tgid", "tcp_state::TCP_CLOSE", "task_struct". */
  readonly field: string;
  /** The same in the object's own types. */
  readonly local: Spec;
  /** The types of the kernel that were looked at. */
  readonly candidates: readonly Candidate[];
  /** Where it was found; undefined when no candidate has it. */
  readonly target: Spec | undefined;
  /** What the compiler put into the instruction. */
  readonly oldValue: bigint;
  /** What stands there now; undefined for a poisoned instruction. */
  readonly newValue: bigint | undefined;
  /** The line of C that the instruction comes from, where line info has it. */
  readonly source: SourceLine | undefined;
}

/** A relocation for which libbpf refuses to load: ambiguous, or code and types disagree. */
export interface RelocationFailure {
  readonly kind: RelocationKind | undefined;
  readonly code: BpfFunction;
  /** Slot in that function. */
  readonly insn: number;
  /** As in {@link RelocationEntry}; only the type where the rest can't be read. */
  readonly field: string;
  readonly source: SourceLine | undefined;
  readonly error: CoreGenError;
}

/** The outcome of {@link relocate}. */
export interface Relocated {
  /** The instructions of every function, patched copies. */
  readonly code: ReadonlyMap<BpfFunction, readonly Insn[]>;
  /** One entry per relocation of these functions, in the order of `.BTF.ext`. */
  readonly entries: readonly RelocationEntry[];
  /** Empty without `keepGoing`. */
  readonly failures: readonly RelocationFailure[];
}

/**
 * Adjusts programs to the kernel's types (libbpf: `bpf_object__relocate_core`). Pure.
 *
 * A field that the kernel doesn't have is not an error: its instruction is poisoned, and the verifier refuses it only if
 * it can be reached. Throws a `CoreGenError` with code `relocation` where
 * libbpf refuses to load: ambiguous fields, code and types that disagree.
 *
 * @example
 * const { entries } = relocate(openObject(bytes), { vmlinux: Btf.parse(kernelBtf) });
 */
export function relocate(
  object: BpfObject,
  targets: RelocationTargets,
  { functions = allFunctions(object), log, keepGoing = false }: RelocateOptions = {},
): Relocated {
  const code = new Map(functions.map((f): [BpfFunction, Insn[]] => [f, f.insns.map((insn) => ({ ...insn }))]));
  const entries: RelocationEntry[] = [];
  const failures: RelocationFailure[] = [];
  const relocator = new Relocator(object, targets, log);
  for (const { section, records } of object.ext?.coreRelocations ?? []) {
    log?.(`sec '${section}': found ${records.length} CO-RE relocations`);
    const inSection = functions.filter((f) => f.section === section);
    let owner: BpfFunction | undefined;
    for (const [index, record] of records.entries()) {
      // Records come function by function, so the last one's owner is nearly always this one's.
      if (owner === undefined || !holds(owner, record.insnOff)) owner = inSection.find((f) => holds(f, record.insnOff));
      const insns = owner && code.get(owner);
      // A record of a function that is not loaded, or of a weak one that the linker took out.
      if (owner === undefined || insns === undefined) continue;
      const outcome = relocator.apply(record, index, owner, insns);
      if (!("error" in outcome)) entries.push(outcome);
      else if (keepGoing) failures.push(outcome);
      else throw outcome.error;
    }
  }
  return { code, entries, failures };
}

function allFunctions(object: BpfObject): BpfFunction[] {
  return [...object.programs, ...object.subprograms];
}

function holds({ sectionInsnOffset: first, insns }: BpfFunction, slot: number): boolean {
  return slot >= first && slot < first + insns.length;
}

class Relocator {
  readonly #object: BpfObject;
  readonly #targets: RelocationTargets;
  /** By local root type: the ones that turned out not to have the field are taken out, as libbpf does. */
  readonly #candidates = new Map<number, Candidate[]>();
  readonly #log: Log | undefined;

  constructor(object: BpfObject, targets: RelocationTargets, log: Log | undefined) {
    this.#log = log;
    this.#object = object;
    this.#targets = targets;
  }

  apply(
    record: CoreRelocationRecord,
    index: number,
    code: BpfFunction,
    insns: Insn[],
  ): RelocationEntry | RelocationFailure {
    const kind = relocationKinds[record.kind];
    const insn = record.insnOff - code.sectionInsnOffset;
    const object = this.#object;
    try {
      if (kind === undefined) throw new SpecError(`its kind ${record.kind} is unknown`);
      const all = this.#log;
      const log = all && ((line: string): void => all(`prog '${code.name}': relo #${index}: ${line}`));
      const outcome = this.#applyKind(record, kind, insn, insns, log);
      const { field, local, candidates, target, oldValue, newValue } = outcome;
      return {
        kind,
        code,
        insn,
        field,
        local,
        candidates,
        target,
        oldValue,
        newValue,
        // Found only when asked for: an object has thousands of relocations, and most callers show none.
        get source() {
          return sourceLineOf(object, code, insn);
        },
      };
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      const source = sourceLineOf(object, code, insn);
      const field = this.#fieldOf(record, kind);
      return {
        kind,
        code,
        insn,
        field,
        source,
        error: this.#describe(record.typeId, { kind, code, insn, source }, error),
      };
    }
  }

  #applyKind(
    record: CoreRelocationRecord,
    kind: RelocationKind,
    slot: number,
    insns: Insn[],
    log: Log | undefined,
  ): Pick<RelocationEntry, "field" | "local" | "candidates" | "target" | "oldValue" | "newValue"> {
    const btf = this.#btf;
    // libbpf looks for candidates first, and its log has them so; a type without a name has none.
    const isNamed = btf.name(record.typeId) !== "";
    const candidates = kind === "local_type_id" || !isNamed ? [] : this.#candidatesOf(record.typeId);
    const local = parseSpec(btf, record.typeId, btf.string(record.accessOff), kind);
    log?.(logSpec(local));
    if (!isNamed && kind !== "local_type_id") throw new SpecError("the type it begins at has no name");
    const before = this.#valueOf(local, kind);
    if (before === undefined) throw new SpecError("the object's own types have no value for it");
    const target = kind === "local_type_id" ? local : this.#choose(record.typeId, local, candidates, log);
    const after = this.#valueOf(target, kind);
    const patch = after && patchOf(before, after);
    const poisonedNow = patch === undefined ? poison(insns, slot, log) : patchInsn(insns, slot, patch, log);
    const newValue = poisonedNow ? undefined : patch?.newValue;
    return { field: specText(local), local, candidates, target, oldValue: before.value, newValue };
  }

  get #btf(): Btf {
    if (this.#object.btf === undefined) throw new SpecError("the object has no BTF");
    return this.#object.btf;
  }

  #candidatesOf(typeId: number): Candidate[] {
    const known = this.#candidates.get(typeId);
    if (known !== undefined) return known;
    const found = findCandidates(this.#btf, typeId, this.#targets);
    for (const candidate of found)
      this.#log?.(candidateText(this.#btf, typeId, candidate, candidate.btf !== this.#targets.vmlinux));
    this.#candidates.set(typeId, found);
    return found;
  }

  /** What the candidates have that have it, which must all agree (libbpf: `bpf_core_calc_relo_insn`). */
  #choose(typeId: number, local: Spec, candidates: readonly Candidate[], log: Log | undefined): Spec | undefined {
    const matching = candidates.flatMap((candidate, index) => {
      const { spec, found } = matchSpec(local, candidate.btf, candidate.id);
      log?.(`${found ? "matching" : "non-matching"} candidate #${index} ${logSpec(spec)}`);
      return found ? [{ candidate, spec }] : [];
    });
    const [first, ...others] = matching;
    if (first === undefined) {
      log?.("no matching targets found");
      return undefined;
    }
    this.#candidates.set(
      typeId,
      matching.map(({ candidate }) => candidate),
    );
    const chosen = this.#valueOf(first.spec, local.kind)?.value;
    for (const { spec } of others) {
      const value = this.#valueOf(spec, local.kind)?.value;
      if (spec.bitOffset !== first.spec.bitOffset || value !== chosen) {
        throw new SpecError(
          `the kernel has several types ${specText(first.spec)} that disagree: [${first.spec.rootTypeId}] says ${chosen}, [${spec.rootTypeId}] says ${value}`,
        );
      }
    }
    return first.spec;
  }

  #valueOf(spec: Spec | undefined, kind: RelocationKind): RelocationValue | undefined {
    return relocationValue(spec, kind, this.#object.littleEndian);
  }

  #fieldOf({ typeId, accessOff }: CoreRelocationRecord, kind: RelocationKind | undefined): string {
    const btf = this.#object.btf;
    if (btf === undefined) return `[${typeId}]`;
    try {
      if (kind !== undefined) return specText(parseSpec(btf, typeId, btf.string(accessOff), kind));
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
    }
    return btf.name(typeId) === "" ? `[${typeId}]` : btf.name(typeId);
  }

  #describe(
    typeId: number,
    { kind, code, insn, source }: Omit<RelocationFailure, "field" | "error">,
    cause: SpecError,
  ): CoreGenError {
    const where = source === undefined ? "" : ` (${source.file}:${source.line})`;
    const name = this.#object.btf?.name(typeId) ?? "";
    const what = `the ${kind ?? "unknown"} relocation of instruction ${insn} of ${code.name}${where}, type ${name === "" ? `[${typeId}]` : name}`;
    const message = `${this.#object.elf.what}: applying ${what}: ${cause.message}`;
    return new CoreGenError("relocation", message, { cause });
  }
}

function poison(insns: Insn[], slot: number, log: Log | undefined): true {
  poisonInsn(insns, slot, log);
  return true;
}

function patchOf(before: RelocationValue, after: RelocationValue): Patch {
  const sizeChanges = before.access?.size !== after.access?.size;
  return {
    oldValue: before.value,
    newValue: after.value,
    validate: before.validate,
    oldSize: before.access?.size,
    newSize: after.access?.size,
    sizeMayNotChange: sizeChanges && !isSafeToResize(before, after),
  };
}

/** Pointers and unsigned integers keep their value when they are loaded with another size. */
function isSafeToResize({ access: before }: RelocationValue, { access: after }: RelocationValue): boolean {
  if (before === undefined || after === undefined) return false;
  const a = skipModifiers(before.btf, before.typeId).type;
  const b = skipModifiers(after.btf, after.typeId).type;
  if (a.kind === "ptr" && b.kind === "ptr") return true;
  return a.kind === "int" && b.kind === "int" && !a.signed && !b.signed;
}
