import { KeyedMap } from "./keyed-map.ts";

/**
 * A hash map with one value per key: `BPF_MAP_TYPE_HASH`, and the LRU kind, which forgets old entries when it is full.
 *
 * @example
 * skel.maps.opens_by_pid.get(process.pid); // 17n
 * for (const [pid, opens] of skel.maps.opens_by_pid) console.log(pid, opens);
 */
export class HashMap<K, V> extends KeyedMap<K, V> {}
