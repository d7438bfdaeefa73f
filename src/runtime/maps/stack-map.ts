import { PushedMap } from "./pushed-map.ts";

/** Last in, first out: `BPF_MAP_TYPE_STACK`. */
export class StackMap<V> extends PushedMap<V> {}
