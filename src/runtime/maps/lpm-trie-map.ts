import type { MapHandle } from "./bpf-map.ts";
import { KeyedMap } from "./keyed-map.ts";
import type { Codec } from "../codec.ts";
import type { Wire } from "./wire.ts";

/**
 * Values by prefix, of which the longest that matches is found: `BPF_MAP_TYPE_LPM_TRIE`.
 *
 * Where the key's data are 4 or 16 bytes, keys are written as text, "10.0.0.0/8" or "2001:db8::/32", or as the struct,
 * and listed as text; an address without a length stands for itself alone. `get` and `has` find the longest prefix that
 * holds what they are given; `delete` and `take` only the same one.
 *
 * @example
 * skel.maps.routes.set("10.0.0.0/8", 1n);
 * skel.maps.routes.get("10.1.2.3"); // 1n
 */
export class LpmTrieMap<K, V, KeyOut = K> extends KeyedMap<K, V, KeyOut> {
  constructor(handle: MapHandle, key: Wire<K, KeyOut>, value: Codec<V>) {
    super(handle, key, value, false);
  }
}
