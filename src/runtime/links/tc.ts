import { CoreGenError } from "../../errors.ts";
import { findInterface, type Interface } from "../kernel/interfaces.ts";
import type { LoadedProgram } from "../load/types.ts";
import { ensureClsact, leaveClsact, stayInClsact, type Direction } from "./clsact.ts";
import { LegacyLink } from "./legacy-link.ts";
import type { ProgramSource, UpdateOptions } from "./link.ts";
import { addFilter, deleteFilter, filterProgram, type FilterPlace, type FilterProgram } from "./tc-filter.ts";
import { readTcPlace, type TcHandle } from "./tc-place.ts";

/** Which filter of an interface a tc program becomes. */
export interface TcFilterOptions {
  /** Its name, "eth0", or its index. */
  readonly interface: Interface;
  /** The filter's number, from 1 to 0xffffffff; the kernel chooses one when this is left out. */
  readonly handle?: number | undefined;
  /** From 1 to 65535, lower ones run first; the kernel chooses one below all that are there when this is left out. */
  readonly priority?: number | undefined;
  /** Whether a filter of this handle and priority may be there, and is replaced. Default: false, EEXIST. */
  readonly replace?: boolean | undefined;
}

/** In the interface's clsact qdisc, for packets that arrive or that leave. */
export interface TcDirection {
  readonly direction: Direction;
  readonly parent?: undefined;
}

/**
 * In another qdisc or class, which must be there (libbpf: BPF_TC_CUSTOM). The program chooses a class by
 * `skb->tc_classid`.
 */
export interface TcParent {
  readonly parent: TcHandle;
  readonly direction?: undefined;
}

/** Where a tc program goes. */
export type TcOptions = TcFilterOptions & (TcDirection | TcParent);

/** A program that is attached as a filter of tc's. */
export abstract class TcLink extends LegacyLink {
  /** The filter's number: what was asked for, or what the kernel has chosen. */
  abstract readonly handle: number;
  abstract readonly priority: number;
}

/**
 * Attaches a program as a filter in an interface's clsact qdisc, which is made when it is missing, or in another qdisc
 * (libbpf: `bpf_tc_hook_create`, `bpf_tc_attach`).
 */
export function attachTc({ program, fd }: LoadedProgram, options: TcOptions): TcLink {
  const doing = `attaching program "${program.name}" with tc`;
  checkOptions(options, doing);
  const { index, name } = findInterface(options.interface, doing);
  const parent = readTcPlace(options.parent === undefined ? options.direction : options, doing);
  const what = `program "${program.name}" at ${showTcPlace(options)} of interface ${name} (tc)`;
  const source = { name: program.name, fd: fd.number };
  const isAction = program.def?.typeName === "sched_act";
  const wanted = { index, parent, handle: options.handle ?? 0, priority: options.priority ?? 0, isAction };
  const add = (): FilterLink => {
    const place = addFilter(source, wanted, { doing: `attaching ${what}`, replace: options.replace ?? false });
    return new FilterLink(what, source, place);
  };
  return options.direction === undefined ? add() : inClsact(index, options.direction, `attaching ${what}`, add);
}

function showTcPlace({ direction, parent }: TcOptions): string {
  return direction ?? (typeof parent === "string" ? `qdisc ${parent}` : `qdisc 0x${parent.toString(16)}`);
}

/** Makes the qdisc when it is missing, and removes it again when that was for nothing. */
function inClsact(index: number, direction: Direction, doing: string, add: () => FilterLink): FilterLink {
  ensureClsact(index, direction, doing);
  try {
    const link = add();
    stayInClsact(index, link);
    return link;
  } catch (error) {
    leaveClsact(index, undefined, doing);
    throw error;
  }
}

class FilterLink extends TcLink {
  readonly handle: number;
  readonly priority: number;
  readonly #place: FilterPlace;
  #programId: number;

  constructor(what: string, program: FilterProgram, place: FilterPlace & { readonly programId: number }) {
    super(what, program.fd);
    this.handle = place.handle;
    this.priority = place.priority;
    this.#place = place;
    this.#programId = place.programId;
  }

  protected override takeAway(): void {
    const doing = `detaching ${this.what}`;
    // Whoever has replaced the filter since keeps it.
    if (filterProgram(this.#place, doing) === this.#programId) deleteFilter(this.#place, doing);
    leaveClsact(this.#place.index, this, doing);
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    const doing = `putting program "${program.name}" in the place of ${this.what}`;
    if (expected !== undefined) throw cantExpect(doing);
    this.#programId = addFilter(program, this.#place, { doing, replace: true }).programId;
  }
}

function cantExpect(doing: string): CoreGenError {
  return new CoreGenError("unsupported", `${doing}: tc can't be told which program is expected there`, {
    hints: ["Links can, of attachTcx() on Linux 6.6 and later."],
  });
}

function checkOptions(options: TcOptions, doing: string): void {
  const { handle, priority } = options;
  const given: Partial<Record<"direction" | "parent", unknown>> = options;
  if (given.direction !== undefined && given.parent !== undefined)
    throw badOption(
      doing,
      "both direction and parent are set",
      "A direction is for the clsact qdisc, a parent for others.",
    );
  if (!isWithin(handle, 0xffffffff)) throw badOption(doing, `handle is ${handle}`, "It is from 1 to 0xffffffff.");
  if (!isWithin(priority, 0xffff)) throw badOption(doing, `priority is ${priority}`, "It is from 1 to 65535.");
}

function isWithin(value: number | undefined, most: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= most);
}

function badOption(doing: string, what: string, hint: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: ${what}`, { hints: [hint] });
}
