import type { Btf } from "../../btf/btf.ts";
import { logEvent, type OnLog } from "./log-events.ts";

/** Tells of types when they are needed, of each once. */
export function typesLog(onLog: OnLog | undefined): (types: Btf) => void {
  const told = new Set<Btf>();
  return (types) => {
    if (told.has(types)) return;
    told.add(types);
    logEvent(onLog, { kind: "types-read", path: types.what });
  };
}

/** The same source of types, which tells of the kernel's when somebody asks for them. */
export function telling<T extends { readonly vmlinux: Btf }>(source: T, tell: (types: Btf) => void): T {
  const get = (): Btf => {
    const types = source.vmlinux;
    tell(types);
    return types;
  };
  // Everything else is the source's own, getters included; Object.create has no type.
  return Object.create(source, { vmlinux: { get, enumerable: true } }) as T;
}
