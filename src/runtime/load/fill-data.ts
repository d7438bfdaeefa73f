import { fillInKconfig, type KconfigListener } from "../../object/kconfig.ts";
import type { BpfObject, DataSection } from "../../object/model.ts";
import { runningKconfig } from "../kernel/kconfig.ts";
import type { Fd } from "../sys/fd.ts";
import { mapFreeze, mapLookup, mapUpdate } from "../sys/map-ops.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import type { LoadSettings } from "./types.ts";

/** The only key. */
const KEY = 4;

/**
 * Stores the initial contents, and makes constants constant for good, which is what lets the verifier rely on them.
 * Returns these.
 */
export function fillData(
  object: BpfObject,
  fd: Fd,
  data: DataSection,
  wanted: Uint8Array = data.contents,
  { kconfig, onLog }: Pick<LoadSettings, "kconfig" | "onLog"> = {},
): Uint8Array | undefined {
  const contents = data.kind === "kconfig" ? wanted.slice() : wanted;
  if (data.kind === "kconfig") fillInKconfig(object, { ...runningKconfig, given: kconfig }, contents, logTo(onLog));
  // A new array is zero all over.
  if (contents.some((byte) => byte !== 0)) mapUpdate(fd, new Uint8Array(KEY), contents);
  if (!isConstant(data)) return undefined;
  mapFreeze(fd);
  return contents;
}

function logTo(onLog: OnLog | undefined): KconfigListener {
  return (variable, value) => {
    if (value === undefined) logEvent(onLog, { kind: "extern-missing", extern: variable });
    else logEvent(onLog, { kind: "kconfig-set", variable, value });
  };
}

/** What the map of a section of constants holds that somebody else has loaded. */
export function constantsOf(fd: Fd, data: DataSection, size: number): Uint8Array | undefined {
  if (!isConstant(data)) return undefined;
  const contents = new Uint8Array(size);
  mapLookup(fd, new Uint8Array(KEY), contents);
  return contents;
}

function isConstant({ kind }: DataSection): boolean {
  return kind === "rodata" || kind === "kconfig";
}
