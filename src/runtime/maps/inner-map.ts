import { mapTypes } from "../../object/bpf-enums.ts";
import { BPF_F_MMAPABLE } from "../../object/map-params.ts";
import { CoreGenError } from "../../errors.ts";
import { CloseStack } from "../close-stack.ts";
import { Attr, bpf, BPF_MAP_GET_FD_BY_ID, bpfFailure } from "../sys/bpf.ts";
import { ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { mapInfo } from "../sys/map-info.ts";
import type { BpfMap, MapHandle } from "./bpf-map.ts";

/** A map that was found in another one. It is closed with the skeleton at the latest, and better by who got it. */
export type InnerMap<M extends BpfMap> = M & {
  /** Closes this descriptor; the map itself stays where it is. A second call does nothing. */
  close(): void;
  [Symbol.dispose](): void;
};

/** How the maps in a map of maps are made objects. */
export interface InnerMaps<M extends BpfMap> {
  /** Sizes that its class relies on. */
  readonly keySize: number | undefined;
  readonly valueSize: number | undefined;
  make(handle: MapHandle): M;
}

/** The map with this id, undefined when it is gone. */
export function openInner<M extends BpfMap>(
  outer: MapHandle,
  inner: InnerMaps<M>,
  id: number,
): InnerMap<M> | undefined {
  const result = bpf(BPF_MAP_GET_FD_BY_ID, new Attr(12).u32(0, id));
  if (result === -ENOENT) return undefined;
  const what = `a map in ${outer.fd.what}`;
  if (result < 0) throw bpfFailure({ doing: `opening ${what}`, command: BPF_MAP_GET_FD_BY_ID, errno: -result });
  return own(outer, inner, new Fd(result, what));
}

function own<M extends BpfMap>(outer: MapHandle, inner: InnerMaps<M>, fd: Fd): InnerMap<M> {
  const owned = new CloseStack();
  const all = outer.readers.add({
    close: () => {
      outer.readers.remove(all);
      owned.close();
    },
  });
  owned.add(fd);
  try {
    const map = inner.make(handleOf(fd, inner, owned));
    const close = (): void => {
      all.close();
    };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the map is its class's, and gets two methods more
    return Object.assign(map, { close, [Symbol.dispose]: close });
  } catch (error) {
    all.close();
    throw error;
  }
}

/** Readers of the map are closed before its descriptor, which was there first. */
function handleOf<M extends BpfMap>(fd: Fd, inner: InnerMaps<M>, readers: CloseStack): MapHandle {
  const { type, name, keySize, valueSize, maxEntries, flags } = mapInfo(fd);
  if (keySize !== (inner.keySize ?? keySize) || valueSize !== (inner.valueSize ?? valueSize))
    throw new CoreGenError(
      "incompatible-map",
      `opening ${fd.what}: its keys and values have ${keySize} and ${valueSize} bytes, not the ${inner.keySize ?? keySize} and ${inner.valueSize ?? valueSize} that the skeleton was generated for`,
    );
  const mmapable = (flags & BPF_F_MMAPABLE) !== 0;
  return { name, kind: mapTypes[type] ?? "unspec", fd, keySize, valueSize, maxEntries, flags, mmapable, readers };
}
