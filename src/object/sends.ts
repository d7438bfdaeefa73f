import { mapTypes } from "./bpf-enums.ts";
import { followFlow } from "./insn/flow.ts";
import { BPF_PSEUDO_CALL, CALL, LD_IMM64, type Insn } from "./insn/insn.ts";
import type { Registers } from "./insn/registers.ts";
import { unknown, type Value } from "./insn/values.ts";
import type { BpfFunction, BpfObject, InsnTarget, MapDef } from "./model.ts";
import { subprogramAt, textSlot } from "./programs.ts";

/** One instruction of the object. */
export interface CodePlace {
  readonly code: BpfFunction;
  /** Slot in the function's `insns`. */
  readonly slot: number;
}

/** One way in which the code sends a record, or reads a sample from a user ring buffer. */
export interface Send {
  /** Index in `BpfObject.maps`; undefined when the code doesn't show it. */
  readonly map: number | undefined;
  /** In bytes; undefined when it is only known at run time. */
  readonly size: number | undefined;
  /** Where the record is sent from. */
  readonly data: Value;
  /** Whether the program is who reads. */
  readonly isRead: boolean;
  /** Whether the code gets a pointer to the record, so that no variable of the record's own type need be there. */
  readonly reserved: boolean;
  /** The call of the helper, then the calls of functions that lead to it, the innermost first. */
  readonly frames: readonly [CodePlace, ...CodePlace[]];
}

/** The arguments (1 is r1) of a helper that sends records, or reads what a user ring buffer holds. */
interface SendingHelper {
  readonly map?: number;
  readonly data: number | undefined;
  readonly size: number;
  readonly reserves: boolean;
}

/** By number of the helper (`enum bpf_func_id`). */
const helpers: ReadonlyMap<number, SendingHelper> = new Map([
  [25, { map: 2, data: 4, size: 5, reserves: false }], // bpf_perf_event_output
  [111, { map: 2, data: 4, size: 5, reserves: false }], // bpf_skb_output
  [121, { map: 2, data: 4, size: 5, reserves: false }], // bpf_xdp_output
  [130, { map: 1, data: 2, size: 3, reserves: false }], // bpf_ringbuf_output
  [131, { map: 1, data: undefined, size: 2, reserves: true }], // bpf_ringbuf_reserve
  [198, { map: 1, data: undefined, size: 2, reserves: false }], // bpf_ringbuf_reserve_dynptr: written from elsewhere
]);

const ARGUMENTS = 5;
/** The kernel's limit on nested calls (`MAX_CALL_FRAMES`). */
const MAX_FRAMES = 8;
/** Honest code takes 5 to 70 steps per instruction (real tools, measured); this many in all take about three seconds. */
const MAX_STEPS = 10_000_000;
const STEPS_PER_INSN = 40;
const FREE_STEPS = 1_000_000;

const USER_RINGBUF_DRAIN = 209;

/** What a callback of `bpf_user_ringbuf_drain` reads a sample with: it is in the dynptr that it gets. */
const readers: ReadonlyMap<number, SendingHelper> = new Map([
  [201, { data: 1, size: 2, reserves: false }], // bpf_dynptr_read
  [203, { data: undefined, size: 3, reserves: true }], // bpf_dynptr_data
]);

/** What {@link findSends} found. */
export interface Sends {
  readonly sends: readonly Send[];
  /** False when the code is so tangled that following it was given up. */
  readonly complete: boolean;
}

/** Whether the map is a buffer that programs send records through, or read samples from. */
export function isBuffer(map: MapDef): boolean {
  const type = mapTypes[map.type];
  return type === "ringbuf" || type === "perf_event_array" || isUserRing(map);
}

/** Whether the map is a buffer that programs read samples from. */
export function isUserRing(map: MapDef): boolean {
  return mapTypes[map.type] === "user_ringbuf";
}

/**
 * Finds all calls that send records to ring buffers and perf event arrays, and what the registers say of them.
 *
 * Functions are followed from each place that calls them, with the arguments they get there: a helper function that takes
 * the map or the size as an argument is as good as one that names them.
 */
export function findSends(object: BpfObject): Sends {
  const finder = new SendFinder(object);
  const called = new Set(allFunctions(object).flatMap((code) => finder.callees(code)));
  const roots = [...object.programs, ...object.subprograms.filter((code) => !called.has(code))];
  for (const code of roots) finder.follow(code, [], []);
  // What is left is called only by itself or by code that is never reached.
  for (const code of allFunctions(object)) if (!finder.followed.has(code)) finder.follow(code, [], []);
  return { sends: finder.sends, complete: finder.complete };
}

function allFunctions(object: BpfObject): BpfFunction[] {
  return [...object.programs, ...object.subprograms];
}

class SendFinder {
  readonly sends: Send[] = [];
  readonly followed = new Set<BpfFunction>();
  readonly #object: BpfObject;
  readonly #targets = new Map<BpfFunction, ReadonlyMap<number, InsnTarget>>();
  readonly #known = new Set<string>();
  /** The register that has the map while a callback of `bpf_user_ringbuf_drain` is followed. */
  #drained: Value | undefined;
  #stepsLeft: number;

  constructor(object: BpfObject) {
    this.#object = object;
    const insns = allFunctions(object).reduce((sum, code) => sum + code.insns.length, 0);
    this.#stepsLeft = Math.min(MAX_STEPS, FREE_STEPS + STEPS_PER_INSN * insns);
  }

  get complete(): boolean {
    return this.#stepsLeft > 0;
  }

  /** The functions that a function calls. */
  callees(code: BpfFunction): BpfFunction[] {
    return code.insns.flatMap((insn, slot) => this.#callee(code, slot, insn) ?? []);
  }

  /** Follows one function that is called with `args` from the first of `callers`. */
  follow(code: BpfFunction, args: readonly Value[], callers: readonly CodePlace[]): void {
    this.followed.add(code);
    const calls = new Map<number, Value[]>();
    followFlow({
      insns: code.insns,
      args,
      loaded: (slot) => this.#loaded(code, slot),
      atCall: (slot, registers) => calls.set(slot, argumentsIn(registers)),
      spend: (steps) => (this.#stepsLeft -= steps) > 0,
    });
    for (const [slot, values] of [...calls].sort(([a], [b]) => a - b)) this.#call({ code, slot }, values, callers);
  }

  #call(place: CodePlace, args: readonly Value[], callers: readonly CodePlace[]): void {
    const insn = place.code.insns[place.slot];
    if (insn === undefined || !this.complete) return;
    const helper = insn.src === 0 ? helpers.get(insn.imm) : undefined;
    if (helper !== undefined) this.#send(helper, args, [place, ...callers]);
    const reader = insn.src === 0 && this.#drained !== undefined ? readers.get(insn.imm) : undefined;
    if (reader !== undefined) this.#send(reader, args, [place, ...callers]);
    if (insn.src === 0 && insn.imm === USER_RINGBUF_DRAIN) this.#drain(args, place, callers);
    const callee = this.#callee(place.code, place.slot, insn);
    if (callee === undefined || callers.length + 1 >= MAX_FRAMES) return;
    // The stack is the caller's, to the callee its addresses say nothing.
    const passed = args.map((value) => (value.kind === "stack" ? unknown : value));
    if (this.#isNew(callee, place, passed)) this.follow(callee, passed, [place, ...callers]);
  }

  /** Follows what the kernel calls for each sample: it gets a dynptr and what the caller wants it to. */
  #drain(args: readonly Value[], place: CodePlace, callers: readonly CodePlace[]): void {
    const callback = argument(args, 2);
    if (callback.kind !== "function" || callers.length + 1 >= MAX_FRAMES || this.#drained !== undefined) return;
    const code = subprogramAt(this.#object.subprograms, callback.slot);
    if (code === undefined || !this.#isNew(code, place, args)) return;
    this.#drained = argument(args, 1);
    this.follow(code, [], [place, ...callers]);
    this.#drained = undefined;
  }

  #send(helper: SendingHelper, args: readonly Value[], frames: readonly [CodePlace, ...CodePlace[]]): void {
    const data = helper.data === undefined ? unknown : argument(args, helper.data);
    const isRead = helper.map === undefined;
    const buffer = helper.map === undefined ? this.#drained : argument(args, helper.map);
    for (const map of this.#buffersIn(buffer ?? unknown)) {
      for (const size of sizesIn(argument(args, helper.size)))
        this.sends.push({ map, size, data, isRead, reserved: helper.reserves, frames });
    }
  }

  /** The maps that a register may hold; `[undefined]` when that is not known. */
  #buffersIn(value: Value): (number | undefined)[] {
    if (value.kind !== "map") return [undefined];
    return value.maps.filter((index) => {
      const map = this.#object.maps[index];
      return map !== undefined && isBuffer(map);
    });
  }

  /** The same function with the same arguments, called from the same place, sends the same. */
  #isNew(callee: BpfFunction, { code, slot }: CodePlace, args: readonly Value[]): boolean {
    const key = JSON.stringify([callee.sectionInsnOffset, code.sectionIndex, code.sectionInsnOffset, slot, args]);
    const isNew = !this.#known.has(key);
    this.#known.add(key);
    return isNew;
  }

  #loaded(code: BpfFunction, slot: number): Value | undefined {
    const target = this.#target(code, slot);
    switch (target?.kind) {
      case "map":
        return { kind: "map", maps: [target.map] };
      case "data":
        return { kind: "data", map: target.map, offset: target.offset + (code.insns[slot]?.imm ?? 0) };
      case "function":
        return functionValue(code, slot, target);
      case undefined:
        return undefined;
      default:
        return unknown;
    }
  }

  #callee(code: BpfFunction, slot: number, insn: Insn): BpfFunction | undefined {
    const target = this.#target(code, slot);
    if (insn.code !== CALL || insn.src !== BPF_PSEUDO_CALL || target?.kind === "extern") return undefined;
    return subprogramAt(this.#object.subprograms, textSlot(code, slot, insn, target));
  }

  #target(code: BpfFunction, slot: number): InsnTarget | undefined {
    const insn = code.insns[slot];
    if (insn?.code !== CALL && insn?.code !== LD_IMM64) return undefined;
    let targets = this.#targets.get(code);
    if (targets === undefined) {
      targets = new Map(code.relocations.map((relocation) => [relocation.insn, relocation.target]));
      this.#targets.set(code, targets);
    }
    return targets.get(slot);
  }
}

function argumentsIn(registers: Registers): Value[] {
  return Array.from({ length: ARGUMENTS }, (_, index) => registers.get(index + 1));
}

function argument(args: readonly Value[], register: number): Value {
  return args[register - 1] ?? unknown;
}

function sizesIn(value: Value): readonly (number | undefined)[] {
  return value.kind === "const" ? value.values : [undefined];
}

function functionValue(code: BpfFunction, slot: number, target: InsnTarget): Value {
  const insn = code.insns[slot];
  return insn === undefined ? unknown : { kind: "function", slot: textSlot(code, slot, insn, target) };
}
