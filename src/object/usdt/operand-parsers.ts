import type { UsdtOperand } from "./operand.ts";
import { arm64Registers, riscv64Registers, s390xRegisters, x64Registers, type Registers } from "./registers.ts";

/** Reads the operand that `text` begins with; `length` is how much of the text it is. Undefined for an unknown one. */
export type OperandParser = (text: string) => { readonly operand: UsdtOperand; readonly length: number } | undefined;

type Groups = Readonly<Record<string, string | undefined>>;

/** A form of operands: undefined from `read` when it names a register that there is not. */
interface Form {
  readonly pattern: RegExp;
  readonly read: (groups: Groups) => UsdtOperand | undefined;
}

/** `%rax`, `-8(%rbp)`, `(%rbp)`, `-96(%rbp,%rax,8)`, `$5`. */
export const parseX64: OperandParser = parserOf([
  {
    pattern: /^(?<offset>[+-]?\d+)?\s*\(\s*%(?<base>\w+)\s*,\s*%(?<index>\w+)\s*(?:,\s*(?<scale>[1248])\s*)?\)/u,
    read: ({ offset, base, index, scale = "1" }) => {
      const [register, indexRegister] = [x64Registers(base), x64Registers(index)];
      const value = toLong(offset);
      if (register === undefined || indexRegister === undefined || value === undefined) return undefined;
      return { kind: "indexed", register, offset: value, index: indexRegister, shift: Math.log2(Number(scale)) };
    },
  },
  memory(/^(?<offset>[+-]?\d+)?\s*\(\s*%(?<base>\w+)\s*\)/u, x64Registers),
  register(/^%(?<base>\w+)/u, x64Registers),
  constant(/^\$(?<value>[+-]?\d+)/u),
]);

/** `x4`, `[sp, 96]`, `[x0]`, `5`. */
export const parseArm64: OperandParser = parserOf([
  memory(/^\[\s*(?<base>\w+)\s*(?:,\s*(?<offset>[+-]?\d+)\s*)?\]/u, arm64Registers),
  constant(/^(?<value>[+-]?\d+)/u),
  register(/^(?<base>[a-z]\w*)/u, arm64Registers),
]);

/** `%r2`, `-28(%r15)`, `71`. */
export const parseS390x: OperandParser = parserOf([
  memory(/^(?<offset>[+-]?\d+)\s*\(\s*%(?<base>\w+)\s*\)/u, s390xRegisters),
  register(/^%(?<base>\w+)/u, s390xRegisters),
  constant(/^(?<value>[+-]?\d+)/u),
]);

/** `a1`, `-88(s0)`, `5`. */
export const parseRiscv64: OperandParser = parserOf([
  memory(/^(?<offset>[+-]?\d+)\s*\(\s*(?<base>\w+)\s*\)/u, riscv64Registers),
  constant(/^(?<value>[+-]?\d+)/u),
  register(/^(?<base>[a-z]\w*)/u, riscv64Registers),
]);

/** The first form that fits; what follows must be white space or the end, so that half an operand is none. */
function parserOf(forms: readonly Form[]): OperandParser {
  return (text) => {
    for (const { pattern, read } of forms) {
      const match = pattern.exec(text);
      const length = match?.[0].length ?? 0;
      if (match === null || !/^(?:\s|$)/u.test(text.slice(length, length + 1))) continue;
      const operand = read(match.groups ?? {});
      return operand && { operand, length };
    }
    return undefined;
  };
}

function memory(pattern: RegExp, registers: Registers): Form {
  return {
    pattern,
    read: ({ base, offset }) => {
      const [number, value] = [registers(base), toLong(offset)];
      return number === undefined || value === undefined
        ? undefined
        : { kind: "memory", register: number, offset: value };
    },
  };
}

function register(pattern: RegExp, registers: Registers): Form {
  return {
    pattern,
    read: ({ base }) => {
      const number = registers(base);
      return number === undefined ? undefined : { kind: "register", register: number };
    },
  };
}

function constant(pattern: RegExp): Form {
  return {
    pattern,
    read: ({ value: text }) => {
      const value = toLong(text);
      return value === undefined ? undefined : { kind: "constant", value };
    },
  };
}

/** A number of 64 bits, signed or not; 0 where there is none. Longer ones are nothing that a compiler writes. */
function toLong(text = "0"): bigint | undefined {
  if (text.length > 21) return undefined;
  const value = BigInt(text.replace(/^\+/u, ""));
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined;
}
