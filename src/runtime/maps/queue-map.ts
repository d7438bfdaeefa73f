import { PushedMap } from "./pushed-map.ts";

/**
 * First in, first out: `BPF_MAP_TYPE_QUEUE`.
 *
 * @example
 * skel.maps.jobs.push({ id: 1 });
 * skel.maps.jobs.pop(); // the oldest
 */
export class QueueMap<V> extends PushedMap<V> {}
