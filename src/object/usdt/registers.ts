/** Where a register's value is in the kernel's `struct pt_regs`, in bytes; undefined for a name that is no register's. */
export type Registers = (name: string | undefined) => number | undefined;

/** In the order of arch/x86/include/uapi/asm/ptrace.h, 8 bytes each; "" for what has no name in an assembler. */
const x64Order = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp".split(" ");

/** With all names that x86-64 has for parts of a register: `%rax`, `%eax`, `%ax`, `%al`. */
export const x64Registers: Registers = (name = "") => x64Offsets.get(name);

const x64Offsets: ReadonlyMap<string, number> = new Map(
  x64Order.flatMap((register, index) => x64Names(register).map((name): [string, number] => [name, index * 8])),
);

function x64Names(register: string): string[] {
  switch (register) {
    case "orig_ax":
    case "cs":
    case "flags":
      return [];
    case "ip":
      return ["rip", "eip"];
    case "ax":
    case "bx":
    case "cx":
    case "dx":
      return [`r${register}`, `e${register}`, register, `${register.charAt(0)}l`];
    case "bp":
    case "si":
    case "di":
    case "sp":
      return [`r${register}`, `e${register}`, register, `${register}l`];
    default:
      return [register, `${register}d`, `${register}w`, `${register}b`];
  }
}

/** `struct user_pt_regs`: x0 to x30, sp. */
export const arm64Registers: Registers = (name = "") =>
  name === "sp" ? 31 * 8 : numbered(name, /^x(\d{1,2})$/u, 31, 0);

/** `user_pt_regs`: one argument, the program status word of two words, then r0 to r15. */
export const s390xRegisters: Registers = (name = "") => numbered(name, /^r(\d{1,2})$/u, 16, 24);

function numbered(name: string, pattern: RegExp, count: number, start: number): number | undefined {
  const number = Number(pattern.exec(name)?.[1] ?? count);
  return number < count ? start + number * 8 : undefined;
}

/** `struct user_regs_struct` of RISC-V, behind the program counter. */
export const riscv64Registers: Registers = (name = "") => {
  const index = riscv64Order.indexOf(name);
  return index < 0 ? undefined : (index + 1) * 8;
};

const riscv64Order =
  "ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split(" ");
