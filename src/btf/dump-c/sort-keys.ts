import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

/** Behind everything that has a name (bpftool: `btf_type_rank`). */
export const LAST_RANK = 10;

/** Enums come first, then numbers, structs, functions, and what is called like one of those (bpftool: `btf_type_rank`). */
export function rankOf(types: TypeWords, id: number, limits: Limits): number {
  let hasName = false;
  for (let at = id; ; at = types.target(at)) {
    limits.spend(1);
    hasName ||= types.nameOff(at) !== 0;
    switch (types.kind(at)) {
      case "enum":
      case "enum64":
        return hasName ? 1 : 0;
      case "int":
      case "float":
        return 2;
      case "struct":
      case "union":
        return hasName ? 3 : LAST_RANK;
      case "func_proto":
        return hasName ? 4 : LAST_RANK;
      case "array":
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        if (!hasName) return LAST_RANK;
        break;
      default:
        return LAST_RANK;
    }
  }
}

/** The offset of the name of what a type leads to; an enum without a name goes by its first value (bpftool: `btf_type_sort_name`). */
export function sortNameOf(types: TypeWords, id: number, limits: Limits): number {
  for (let at = id; ; at = types.target(at)) {
    limits.spend(1);
    switch (types.kind(at)) {
      case "array":
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        break;
      case "enum":
      case "enum64":
        if (at === id && types.nameOff(at) === 0 && types.vlen(at) > 0) return types.word(types.elements(at));
        return types.nameOff(at);
      default:
        return types.nameOff(at);
    }
  }
}
