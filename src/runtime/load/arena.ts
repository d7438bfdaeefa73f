import { mapTypes } from "../../object/bpf-enums.ts";
import type { MapDef } from "../../object/model.ts";
import { CoreGenError } from "../../errors.ts";
import type { CloseStack } from "../close-stack.ts";
import { hasFeature } from "../kernel/features.ts";
import type { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapMemory } from "../sys/mmap.ts";
import type { LoadedMap } from "./types.ts";

/**
 * Maps an arena into this process, which programs that use it need before they are loaded, at the address that its
 * `map_extra` says. `contents` are what its variables hold at first; undefined leaves them as they are. `opened` gets the mapping.
 */
export function mapArena(
  def: MapDef,
  fd: Fd,
  contents: Uint8Array | undefined,
  opened: CloseStack,
): LoadedMap["arena"] {
  if (mapTypes[def.type] !== "arena") return undefined;
  const { pageSize } = libc();
  const length = def.maxEntries * pageSize;
  const size = def.arenaData?.contents.length ?? 0;
  const dataOffset = dataOffsetIn(def, length, size);
  const memory = mapMemory(fd, {
    ...{ length, offset: 0, writable: true, what: fd.what },
    ...(def.mapExtra === 0n ? {} : { address: Number(def.mapExtra) }),
    view: { at: dataOffset, length: size },
  });
  opened.add(memory);
  if (contents !== undefined) memory.bytes.set(contents);
  return { memory, dataOffset };
}

/**
 * Variables are at the end of the arena, so that programs which count pages from its start meet none. Kernels that
 * only let programs refer to the first 512 MiB of a map have them at the start (libbpf: `bpf_object__relocate`).
 */
function dataOffsetIn(def: MapDef, length: number, size: number): number {
  const { pageSize } = libc();
  const room = Math.ceil(size / pageSize) * pageSize;
  if (room > length) {
    throw new CoreGenError(
      "bad-object",
      `mapping map "${def.name}": its ${def.maxEntries} pages are too few for ${size} bytes of __arena variables`,
    );
  }
  return size > 0 && hasFeature("ldimm64-full-range-off") ? length - room : 0;
}
