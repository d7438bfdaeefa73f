import { CoreGenError } from "../errors.ts";
import type { NamedRecords } from "../object/record-info.ts";

/**
 * `["events=event"]` → `events` carries `event`.
 *
 * `MAP=ONE,OTHER` names structs of different sizes, `MAP=TAG:0=ONE,1=OTHER` structs that a member tells apart. Throws a
 * `CoreGenError` with code `bad-input` for anything else.
 */
export function parseRecordFlags(flags: readonly string[]): Map<string, NamedRecords> {
  const records = new Map<string, NamedRecords>();
  for (const flag of flags) {
    const [, map, text] = /^([^=]+)=(.+)$/u.exec(flag) ?? [];
    const named = text === undefined ? undefined : parseStructs(flag, text);
    if (map === undefined || named === undefined) throw malformed(flag);
    if (records.has(map))
      throw new CoreGenError("bad-input", `--record names a struct for ${map} twice`, { hints: severalHints });
    records.set(map, named);
  }
  return records;
}

const severalHints = [
  "Several structs in one buffer: --record MAP=ONE,OTHER if their sizes tell them apart, --record MAP=TAG:0=ONE,1=OTHER if a member TAG does.",
];

function parseStructs(flag: string, text: string): NamedRecords | undefined {
  const [, tag, tagged] = /^([^=:,]+):(.+)$/u.exec(text) ?? [];
  const names = (tagged ?? text).split(",");
  if (tag !== undefined) return { tag: tag.trim(), structs: parseTagged(flag, names) };
  if (names.some((name) => name.trim() === "" || name.includes("="))) return undefined;
  return names.length === 1 ? text : names;
}

function parseTagged(flag: string, parts: readonly string[]): Map<string, string> {
  const structs = new Map<string, string>();
  for (const part of parts) {
    const [, value, struct] = /^([^=]+)=([^=]+)$/u.exec(part) ?? [];
    if (value === undefined || struct === undefined) throw malformed(flag);
    if (structs.has(value.trim()))
      throw new CoreGenError("bad-input", `--record ${flag}: it names two structs for ${value.trim()}`);
    structs.set(value.trim(), struct);
  }
  return structs;
}

function malformed(flag: string): CoreGenError {
  return new CoreGenError("bad-input", `--record ${flag}: this is not of the form MAP=STRUCT`, {
    hints: ["For example: --record events=event, if the buffer `events` carries `struct event`.", ...severalHints],
  });
}
