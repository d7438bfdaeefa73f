import { CoreGenError } from "../errors.ts";
import { STB_LOCAL } from "./elf/elf.ts";
import type { BpfFunction, BpfObject, BpfProgram } from "./model.ts";

const TAG = "exception_callback:";
/** `component_idx` of a tag on the function itself, not on an argument. */
const WHOLE = -1;

/**
 * The function that runs when a program throws, which its decl tag `exception_callback:NAME` names; undefined without
 * one. Nothing calls it, so nothing else brings it into the program (libbpf: `bpf_prog_assign_exc_cb`).
 *
 * Throws a `CoreGenError` with code `bad-object` for a tag that names no such function.
 */
export function exceptionCallbackOf(object: BpfObject, program: BpfProgram): BpfFunction | undefined {
  const [name, another] = callbackNames(object, program);
  // The verifier refuses a program with two, and says so.
  if (name === undefined || another !== undefined) return undefined;
  const found = object.subprograms.filter((code) => code.name === name);
  const [callback] = found;
  if (callback === undefined) throw bad(object, program, `there is no function "${name}"`);
  if (callback.symbol.binding === STB_LOCAL || callback.symbol.hidden)
    throw bad(object, program, `${name} must be a global function that is not hidden`);
  if (found.length > 1) throw bad(object, program, `there are several functions "${name}"`);
  return callback;
}

function callbackNames({ btf }: BpfObject, program: BpfProgram): string[] {
  if (btf === undefined) return [];
  return btf.ownOfKind("decl_tag").flatMap((id) => {
    const tag = btf.type(id);
    if (tag.kind !== "decl_tag" || tag.componentIdx !== WHOLE || !tag.name.startsWith(TAG)) return [];
    return btf.name(tag.type) === program.name ? [tag.name.slice(TAG.length)] : [];
  });
}

function bad(object: BpfObject, program: BpfProgram, problem: string): CoreGenError {
  return new CoreGenError(
    "bad-object",
    `${object.elf.what}: the exception callback of program ${program.name}: ${problem}`,
  );
}
