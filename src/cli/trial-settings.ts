import type { BpfObject } from "../object/model.ts";
import type { MapChanges } from "../runtime/load/types.ts";

/** Settings by which no map is pinned or taken from a pin, whatever the object says: a trial leaves nothing behind. */
export function withoutPins(object: BpfObject): ReadonlyMap<string, MapChanges> {
  return new Map(object.maps.map(({ name }) => [name, { pinPath: null }]));
}

/** The object with nothing in its program arrays: of programs that are tried one by one, the others are not there. */
export function withoutProgramsInMaps(object: BpfObject): BpfObject {
  const maps = object.maps.map((map) => ({ ...map, slots: map.slots.filter(({ target }) => target.kind === "map") }));
  return { ...object, maps };
}
