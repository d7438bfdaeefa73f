import { CoreGenError } from "../errors.ts";
import { nearNames } from "../object/near-names.ts";

/** Throws a `CoreGenError` with near names for the first of `wanted` that is none of the object's programs; `doing` names the object. */
export function checkProgramNames(doing: string, names: readonly string[], wanted: readonly string[]): void {
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = nearNames(unknown, names);
  throw new CoreGenError("bad-input", `${doing}: it has no program "${unknown}"`, {
    hints: [near.length > 0 ? `Near it: ${near.join(", ")}.` : `It has: ${names.join(", ")}.`],
  });
}
