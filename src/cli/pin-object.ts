import { join } from "node:path";
import { kernelMapName, objectNameOf } from "../object/map-names.ts";
import type { BpfObject, MapDef } from "../object/model.ts";
import { CloseStack } from "../runtime/close-stack.ts";
import { loadObject } from "../runtime/load/load.ts";
import { pinAt, pinName } from "../runtime/maps/pinning.ts";
import { withoutPins } from "./trial-settings.ts";

/**
 * Loads these programs of an object with its maps, and pins all of them in `folder` by their names, as libbpf's
 * `bpf_object__pin` does. All or nothing: what fails takes the pins of the others with it. Returns the paths.
 */
export function pinObjectIn(folder: string, object: BpfObject, programs: readonly string[]): string[] {
  const autoload = new Map(object.programs.map(({ name }) => [name, programs.includes(name)]));
  const loaded = loadObject(object, { autoload, maps: withoutPins(object), contents: new Map() });
  const pins = new CloseStack();
  try {
    const named = [
      ...[...loaded.maps.values()].map(({ def, fd }) => ({ fd, name: mapName(object, def) })),
      ...[...loaded.programs.values()].map(({ program, fd }) => ({ fd, name: program.name })),
    ];
    return named.map(({ fd, name }) => {
      const path = join(folder, pinName(name));
      pins.add(pinAt(fd, path));
      return path;
    });
  } catch (error) {
    pins.close();
    throw error;
  } finally {
    loaded.close();
  }
}

/** libbpf: `bpf_map__name`. */
function mapName(object: BpfObject, def: MapDef): string {
  return def.data === undefined ? def.name : kernelMapName(def, objectNameOf(object));
}
