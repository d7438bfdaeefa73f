import { namesOfKind } from "../../co-re/kernel-types.ts";
import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { programTypes } from "./btf-ids.ts";

/**
 * The id of a function's type in a program that is loaded (libbpf: `libbpf_find_prog_btf_id`); `program` is its
 * descriptor's number, `what` names it in messages.
 *
 * Throws a `CoreGenError` with code `bad-input` and near names when it has no such function, or no types.
 */
export function functionOfProgram(program: number, name: string, what: string, doing: string): number {
  const types = programTypes(program, what);
  const id = types.find(name, "func");
  if (id !== undefined) return id;
  const names = namesOfKind([types], "func");
  const near = nearNames(name, names);
  throw new CoreGenError("bad-input", `${doing}: the other program has no function "${name}"`, {
    hints: [near.length > 0 ? `Near it: ${near.join(", ")}.` : `It has: ${names.join(", ")}.`],
  });
}
