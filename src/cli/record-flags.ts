import { CoreGenError } from "../errors.ts";

/** `["events=event"]` → `events` carries `event`. Throws a `CoreGenError` for anything that is not `MAP=STRUCT`. */
export function parseRecordFlags(flags: readonly string[]): Map<string, string> {
  const records = new Map<string, string>();
  for (const flag of flags) {
    const [, map, struct] = /^([^=]+)=([^=]+)$/u.exec(flag) ?? [];
    if (map === undefined || struct === undefined) {
      throw new CoreGenError("bad-input", `--record ${flag}: this is not of the form MAP=STRUCT`, {
        hints: ["For example: --record events=event, if the buffer `events` carries `struct event`."],
      });
    }
    if (records.has(map)) throw new CoreGenError("bad-input", `--record names a struct for ${map} twice`);
    records.set(map, struct);
  }
  return records;
}
