import { IndexedMap } from "./indexed-map.ts";

/** An array: `BPF_MAP_TYPE_ARRAY`. */
export class ArrayMap<V> extends IndexedMap<V> {}
