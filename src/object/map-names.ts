import type { BpfObject, MapDef } from "./model.ts";

/** BPF_OBJ_NAME_LEN without the NUL. */
const LONGEST = 15;
/** How much of the name is kept for the section: enough for ".rodata". */
const SECTION_ROOM = 7;

/**
 * What a map is called in the kernel, at most 15 characters.
 *
 * Maps of global data are called after the object and the section, as far as both fit, those of sections of one's own
 * only after the section: `execsnoo.rodata`, `.data.custom` (libbpf: `internal_map_name`).
 */
export function kernelMapName(map: MapDef, objectName: string): string {
  if (map.data === undefined) return cleanName(map.name);
  const { section } = map.data;
  const room = Math.min(Math.max(SECTION_ROOM, section.length), LONGEST);
  const prefix = section.includes(".", 1) ? "" : objectName.slice(0, LONGEST - room);
  return cleanName(prefix + section.slice(0, room));
}

/** What an object is called that was given no name: its file's, up to the first dot (libbpf: `bpf_object__new`). */
export function objectNameOf(object: BpfObject): string {
  const file = object.elf.what.slice(object.elf.what.lastIndexOf("/") + 1);
  const dot = file.indexOf(".");
  return dot < 0 ? file : file.slice(0, dot);
}

/** The kernel takes letters, digits, `_` and `.`. */
function cleanName(name: string): string {
  return name.slice(0, LONGEST).replace(/[^A-Za-z0-9_.]/gu, "_");
}
