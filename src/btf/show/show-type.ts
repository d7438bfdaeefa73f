import type { Btf } from "../btf.ts";
import { CoreGenError } from "../../errors.ts";
import { printable } from "../printable.ts";
import type { TypedefType } from "../types.ts";
import { Budget } from "./budget.ts";
import { enumText } from "./enums.ts";
import { MemberPrinter } from "./members.ts";
import { NAME_COLUMN, TYPE_COLUMN, UNION_NAME_COLUMN, type Style } from "./style.ts";
import { TypeNames } from "./type-names.ts";

const outermost: Style = {
  indent: 0,
  typeColumn: TYPE_COLUMN,
  nameColumn: NAME_COLUMN,
  base: 0,
  relative: false,
  inUnion: false,
  isFirst: false,
  isLast: false,
};

/**
 * The C declaration of a type with the offset and size of each member in bytes, holes, cachelines of 64 bytes and sums:
 * the text of `pahole -F btf -C NAME`, and a newline.
 *
 * It differs from pahole 1.24 on purpose where that is wrong: negative enumerators, arrays of arrays, and the types behind
 * type tags. Throws a `CoreGenError` with code `bad-btf` for types that no compiler makes.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf, showType } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * const task = btf.find("task_struct", "struct");
 * if (task !== undefined) console.log(showType(btf, task).split("\n")[0]); // struct task_struct {
 */
export function showType(btf: Btf, id: number): string {
  try {
    return `${declaration(btf, id)};\n`;
  } catch (cause) {
    if (!(cause instanceof CoreGenError)) throw cause;
    throw new CoreGenError(cause.code, `showing type [${id}] of ${btf.what}: ${cause.message}`, {
      cause,
      hints: cause.hints,
    });
  }
}

function declaration(btf: Btf, id: number): string {
  const budget = new Budget();
  const names = new TypeNames(btf, budget);
  const printer = new MemberPrinter(names, budget);
  const type = btf.type(id);
  switch (type.kind) {
    case "struct":
      return printer.struct(id, type, outermost, { outermost: true });
    case "union":
      return printer.union(id, type, { ...outermost, nameColumn: UNION_NAME_COLUMN });
    case "enum":
    case "enum64":
      return enumText(type, 0);
    case "typedef":
      return typedefText(btf, type, names, printer);
    case "func":
      return functionText(btf, type.type, printable(type.name), names);
    case "var":
      return printer.declaration(type.type, printable(type.name));
    default:
      return names.nameOf(id);
  }
}

/** `typedef struct { … } name`, or what else it stands for. */
function typedefText(btf: Btf, { type: target, name }: TypedefType, names: TypeNames, printer: MemberPrinter): string {
  const type = btf.type(target);
  const shown = printable(name);
  switch (type.kind) {
    case "struct":
      if (type.name === "")
        return `typedef ${printer.struct(target, type, outermost, { outermost: true, suffix: shown })}`;
      break;
    case "union":
      if (type.name === "")
        return `typedef ${printer.union(target, type, { ...outermost, nameColumn: UNION_NAME_COLUMN }, shown)}`;
      break;
    case "enum":
    case "enum64":
      if (type.name === "") return `typedef ${enumText(type, 0, shown)}`;
      break;
    case "array":
      return `typedef ${printer.declaration(target, shown, TYPE_COLUMN)}`;
    case "func_proto":
    case "ptr":
      return `typedef ${printer.declaration(target, shown)}`;
    default:
      break;
  }
  return `typedef ${names.nameOf(target)} ${shown}`;
}

function functionText(btf: Btf, proto: number, name: string, names: TypeNames): string {
  const type = btf.type(proto);
  if (type.kind !== "func_proto")
    throw new CoreGenError("bad-btf", `[${proto}] is a ${type.kind}, not the prototype of a function`);
  return `${names.nameOf(type.type)} ${name}${names.params(type, 0)}`;
}
