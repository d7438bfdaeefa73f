import { BPF_ALU, BPF_ALU64, BPF_LD, BPF_LDX, BPF_ST, BPF_STX, CALL, insnClass, type Insn } from "./insn.ts";
import { constant, join, unknown, type Value } from "./values.ts";

const REGISTERS = 11;
const FRAME_POINTER = 10;
/** r0 to r5 are the caller's to save. */
const CLOBBERED = 6;
const BPF_MAP_LOOKUP_ELEM = 1;
const BPF_X = 0x08;
const BPF_OP_MASK = 0xf0;
const BPF_SIZE_MASK = 0x18;
const BPF_DW = 0x18;
const BPF_MODE_MASK = 0xe0;
const BPF_MEM = 0x60;
const BPF_MEMSX = 0x80;
const BPF_ATOMIC = 0xc0;
/** `imm` of an atomic that leaves the old value in a register: all with BPF_FETCH, and the exchanges. */
const BPF_FETCH = 0x01;
const BPF_CMPXCHG = 0xf1;
/** `imm` of the loads that are written as atomics (since 6.15). */
const BPF_LOAD_ACQ = 0x100;
const BPF_MOV = 0xb0;
const SPILL_SIZE = 8;
/** The kernel's limit on a function's stack (`MAX_BPF_STACK`). */
const MAX_FRAME = 512;

/** What is known of all registers, and of what was spilled to the stack, at one place of a function. */
export class Registers {
  readonly #values: Value[];
  /** Whole 8-byte spills, by stack offset. */
  readonly #spills: Map<number, Value>;

  /** At the begin of a function: what is known of r1 to r5. */
  static atEntry(args: readonly Value[]): Registers {
    const values = Array.from({ length: REGISTERS }, () => unknown);
    args.forEach((value, index) => (values[index + 1] = value));
    values[FRAME_POINTER] = { kind: "stack", offset: 0 };
    return new Registers(values, new Map());
  }

  private constructor(values: Value[], spills: Map<number, Value>) {
    this.#values = values;
    this.#spills = spills;
  }

  get(register: number): Value {
    return this.#values[register] ?? unknown;
  }

  get spillCount(): number {
    return this.#spills.size;
  }

  copy(): Registers {
    return new Registers([...this.#values], new Map(this.#spills));
  }

  /** Takes in what is known on another way to the same place; true when less is known now. */
  merge(other: Registers): boolean {
    let changed = false;
    for (let register = 0; register < REGISTERS; register++) {
      const before = this.get(register);
      const joined = join(before, other.get(register));
      changed ||= joined !== before;
      this.#values[register] = joined;
    }
    for (const [offset, before] of this.#spills) {
      const joined = join(before, other.#spills.get(offset) ?? unknown);
      changed ||= joined !== before;
      if (joined.kind === "unknown") this.#spills.delete(offset);
      else this.#spills.set(offset, joined);
    }
    return changed;
  }

  /** The value of a `ld_imm64`. */
  load(register: number, value: Value): void {
    this.#set(register, value);
  }

  /** Does what an instruction does that is neither a jump nor a `ld_imm64`. */
  step(insn: Insn): void {
    switch (insnClass(insn)) {
      case BPF_ALU:
      case BPF_ALU64:
        this.#set(insn.dst, this.#compute(insn));
        break;
      case BPF_LDX:
        this.#set(insn.dst, this.#loaded(insn));
        break;
      case BPF_ST:
      case BPF_STX:
        this.#store(insn);
        break;
      case BPF_LD:
        // The old packet loads (BPF_ABS, BPF_IND) are calls in disguise.
        this.#clobber();
        break;
      default:
        if (insn.code === CALL) this.#call(insn);
    }
  }

  #set(register: number, value: Value): void {
    if (register < FRAME_POINTER) this.#values[register] = value;
  }

  #compute(insn: Insn): Value {
    const operand = (insn.code & BPF_X) === 0 ? constant(insn.imm) : this.get(insn.src);
    const wide = insnClass(insn) === BPF_ALU64;
    const operation = insn.code & BPF_OP_MASK;
    // With an offset, a move also extends the sign of what it moves.
    if (operation === BPF_MOV) return insn.off !== 0 ? unknown : wide ? operand : lowHalf(operand);
    const result = operate(operation, this.get(insn.dst), operand);
    return wide ? result : lowHalf(result);
  }

  #loaded(insn: Insn): Value {
    const mode = insn.code & BPF_MODE_MASK;
    const base = this.get(insn.src);
    if ((mode !== BPF_MEM && mode !== BPF_MEMSX) || (insn.code & BPF_SIZE_MASK) !== BPF_DW || base.kind !== "stack")
      return unknown;
    return this.#spills.get(base.offset + insn.off) ?? unknown;
  }

  #store(insn: Insn): void {
    const atomic = insnClass(insn) === BPF_STX && (insn.code & BPF_MODE_MASK) === BPF_ATOMIC;
    if (atomic && insn.imm === BPF_LOAD_ACQ) {
      this.#set(insn.dst, unknown);
      return;
    }
    const base = this.get(insn.dst);
    if (base.kind === "stack") this.#storeToStack(insn, base.offset + insn.off, atomic);
    if (atomic && insn.imm === BPF_CMPXCHG) this.#set(0, unknown);
    else if (atomic && (insn.imm & BPF_FETCH) !== 0) this.#set(insn.src, unknown);
  }

  #storeToStack(insn: Insn, offset: number, atomic: boolean): void {
    for (let byte = 1 - SPILL_SIZE; byte < SPILL_SIZE; byte++) this.#spills.delete(offset + byte);
    const value = insnClass(insn) === BPF_ST ? constant(insn.imm) : this.get(insn.src);
    // The verifier, too, knows spills only where they are whole and aligned (`check_stack_write_fixed_off`).
    const inFrame = offset >= -MAX_FRAME && offset < 0 && offset % SPILL_SIZE === 0;
    const whole = inFrame && !atomic && (insn.code & BPF_SIZE_MASK) === BPF_DW;
    if (whole && value.kind !== "unknown") this.#spills.set(offset, value);
  }

  #call(insn: Insn): void {
    const map = this.get(1);
    this.#clobber();
    // A NULL is no record, so what is returned can be taken for a value of the map.
    const looksUp = insn.src === 0 && insn.imm === BPF_MAP_LOOKUP_ELEM && map.kind === "map" && map.maps.length === 1;
    if (looksUp) this.#set(0, { kind: "mapValue", map: map.maps[0] ?? 0 });
  }

  /** Forgets r0 to r5, and all of the stack that the callee was given a pointer to: from there upwards. */
  #clobber(): void {
    for (let register = 1; register < CLOBBERED; register++) {
      const value = this.get(register);
      if (value.kind === "stack") this.#forgetSpillsFrom(value.offset);
    }
    for (let register = 0; register < CLOBBERED; register++) this.#set(register, unknown);
  }

  #forgetSpillsFrom(start: number): void {
    for (const offset of this.#spills.keys()) if (offset + SPILL_SIZE > start) this.#spills.delete(offset);
  }
}

function lowHalf(value: Value): Value {
  return value.kind === "const" ? mapConstants(value.values, (v) => v >>> 0) : unknown;
}

function mapConstants(values: readonly number[], compute: (value: number) => number): Value {
  const results = [...new Set(values.map(compute))];
  return results.every((result) => Number.isSafeInteger(result)) ? { kind: "const", values: results } : unknown;
}

/** The few operations that compilers leave on sizes and pointers. */
function operate(operation: number, a: Value, b: Value): Value {
  const by = b.kind === "const" && b.values.length === 1 ? b.values[0] : undefined;
  if (by === undefined) return unknown;
  const compute = arithmetic(operation, by);
  if (compute === undefined) return unknown;
  if (a.kind === "const") return mapConstants(a.values, compute);
  if ((operation !== 0x00 && operation !== 0x10) || (a.kind !== "stack" && a.kind !== "data")) return unknown;
  return { ...a, offset: compute(a.offset) };
}

function arithmetic(operation: number, by: number): ((value: number) => number) | undefined {
  switch (operation) {
    case 0x00: // add
      return (value) => value + by;
    case 0x10: // sub
      return (value) => value - by;
    case 0x20: // mul
      return (value) => value * by;
    case 0x60: // lsh
      return by >= 0 && by < 64 ? (value) => value * 2 ** by : undefined;
    case 0x70: // rsh: a negative number has its upper bits set, which a number here doesn't show
      return by >= 0 && by < 64 ? (value) => (value < 0 ? NaN : Math.floor(value / 2 ** by)) : undefined;
    default:
      return undefined;
  }
}
