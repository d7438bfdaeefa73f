import { CoreGenError } from "../../errors.ts";
import type { UsdtOperand } from "./operand.ts";
import { parseArm64, parseRiscv64, parseS390x, parseX64, type OperandParser } from "./operand-parsers.ts";

/** Machines whose arguments are understood, as Node calls them. */
export type UsdtMachine = "x64" | "arm64" | "s390x" | "riscv64";

/** One argument of a probe. */
export type UsdtArgument = UsdtOperand & {
  /** 1, 2, 4 or 8 bytes. */
  readonly size: number;
  readonly signed: boolean;
};

/** As many as programs can ask for (`BPF_USDT_MAX_ARG_CNT`). */
export const MOST_ARGUMENTS = 12;

const parsers: Readonly<Record<UsdtMachine, OperandParser>> = {
  x64: parseX64,
  arm64: parseArm64,
  s390x: parseS390x,
  riscv64: parseRiscv64,
};

/**
 * Reads the text that says where a probe's arguments are: "-4@%edi 8@-16(%rbp) 4@$5" (libbpf: `parse_usdt_spec`,
 * `parse_usdt_arg`). Each is `SIZE@OPERAND`, in bytes, negative for signed ones; operands are those of the machine's
 * assembler.
 *
 * `probe` is for errors: throws a `CoreGenError` with code `unsupported` for what it does not understand.
 */
export function parseUsdtArguments(text: string, machine: UsdtMachine, probe: string): UsdtArgument[] {
  const found: UsdtArgument[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const fail = (problem: string): never => {
      throw new CoreGenError(
        "unsupported",
        `reading the arguments of ${probe}: ${problem}, number ${found.length} of "${text}"`,
      );
    };
    if (found.length === MOST_ARGUMENTS) fail(`programs can have ${MOST_ARGUMENTS} of them, and there are more`);
    const [whole = "", sizeText = ""] = /^([+-]?\d{1,9})\s*@\s*/u.exec(rest) ?? fail(unknown(rest));
    const size = Number(sizeText);
    if (![1, 2, 4, 8].includes(Math.abs(size))) fail(`"${first(rest)}" is ${Math.abs(size)} bytes long`);
    const parsed = parsers[machine](rest.slice(whole.length)) ?? fail(unknown(rest));
    found.push({ ...parsed.operand, size: Math.abs(size), signed: size < 0 });
    rest = rest.slice(whole.length + parsed.length).trimStart();
  }
  return found;
}

function unknown(rest: string): string {
  return `"${first(rest)}" is no place that core-gen knows`;
}

/** What looks like one argument, for messages. */
function first(rest: string): string {
  return /^\S+(?:\s+[^@\s]+(?=\s|$))*/u.exec(rest)?.[0] ?? rest;
}
