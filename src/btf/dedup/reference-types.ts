import type { Mapping } from "./mapping.ts";
import { mergeSame } from "./primitives.ts";

/** A type whose references are being settled, and how many of them are. */
interface Frame {
  readonly id: number;
  readonly places: readonly number[];
  settled: number;
}

/**
 * Merges what is left: pointers, qualifiers, arrays, functions and tags. When all that such a type refers to is settled,
 * the settled ids are written into it, and it can be compared word for word (libbpf: `btf_dedup_ref_types`).
 */
export function mergeReferenceTypes(mapping: Mapping): void {
  const { types } = mapping;
  for (let id = types.firstId; id < types.typeCount; id++) if (!mapping.isMapped(id)) settle(mapping, id);
}

/** Not a recursion: pointers to pointers may go as deep as the file is long. */
function settle(mapping: Mapping, root: number): void {
  const frames = [enter(mapping, root)];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const place = frame.places[frame.settled];
    if (place === undefined) {
      mergeSame(mapping, frame.id);
      frames.pop();
    } else if (!settlePlace(mapping, place)) {
      frames.push(enter(mapping, mapping.types.words[place] ?? 0));
    } else {
      frame.settled++;
    }
  }
}

function enter(mapping: Mapping, id: number): Frame {
  if (mapping.isInProgress(id)) mapping.types.fail(`type [${id}] refers to itself, and not through a struct`);
  mapping.setInProgress(id);
  return { id, places: mapping.types.places(id, "type"), settled: 0 };
}

/** Whether the type at this place is settled; then its id is written there. */
function settlePlace(mapping: Mapping, place: number): boolean {
  const { words } = mapping.types;
  const id = words[place] ?? 0;
  if (!mapping.isMapped(id)) return false;
  words[place] = mapping.resolve(id);
  return true;
}
