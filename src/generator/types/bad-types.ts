import { CoreGenError } from "../../errors.ts";

/** Hostile BTF nests without end; C that people write stays below ten. */
export const MAX_DEPTH = 48;

/** An error about types that no compiler makes. */
export function badTypes(problem: string): CoreGenError {
  return new CoreGenError("bad-btf", `the BTF data: ${problem}`);
}
