import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";
import type { MapRecords, RecordVariants } from "./record-info.ts";
import type { Send } from "./sends.ts";

/** All that is known of the records of one map. */
export interface Evidence {
  /** The map's C name. */
  readonly map: string;
  readonly candidates: readonly number[];
  readonly source: MapRecords["source"];
  readonly variants?: RecordVariants | undefined;
  readonly sends: readonly Send[];
  /** The sends that no struct was found for. */
  readonly unexplained: readonly Send[];
  /** Whether programs read what is in it, instead of sending. */
  readonly isDrained: boolean;
  /** Whether there are sends to a map that the code doesn't show. */
  readonly hiddenSends: boolean;
  /** Whether following the code was given up. */
  readonly gaveUp: boolean;
  /** Why there was no debug info to look in; undefined when there was, or when it was not needed. */
  readonly noDebugInfo: string | undefined;
}

const MOST_PLACES = 3;

/** One to three sentences for people: what the map carries, how that is known, and what to do when it is not. */
export function recordMessage(types: TypeTable, evidence: Evidence): string {
  switch (evidence.source) {
    case "flag":
      return carries(types, evidence, "as --record says");
    case "value-type":
      return carries(types, evidence, "as its value type says");
    case "decl-tag":
      return carries(types, evidence, "as its decl tag says");
    case "code":
    case "guess":
      return evidence.candidates.length === 1 ? foundOne(types, evidence) : foundSeveral(types, evidence);
    case "none":
      return foundNone(evidence);
  }
}

function carries(types: TypeTable, evidence: Evidence, why: string): string {
  const apart = toldApart(evidence.variants);
  return `"${evidence.map}" carries ${describeAll(types, evidence)}${apart}, ${why}.${sizeWarning(types, evidence)}`;
}

function toldApart(variants: RecordVariants | undefined): string {
  if (variants === undefined) return "";
  return variants.by === "size" ? ", told apart by their sizes" : `, told apart by ${variants.tag}`;
}

/** Said of a struct that somebody named, when the code was seen to send other sizes. */
function sizeWarning(types: TypeTable, { candidates, sends }: Evidence): string {
  const expected = new Set(candidates.map((id) => sizeOf(types, id)));
  const odd = sends.filter(({ size, isRead }) => size !== undefined && !isRead && !expected.has(size));
  return odd.length === 0 ? "" : ` But ${listPlaces(odd)}.`;
}

function foundOne(types: TypeTable, evidence: Evidence): string {
  const { map, source } = evidence;
  const places = listPlaces(explainedSends(evidence));
  const struct = describeAll(types, evidence);
  if (source !== "guess") return `"${map}" carries ${struct}, read off the code: ${places}.${restOf(evidence)}`;
  const fix = `If so, say it with ${flagsFor(types, evidence)}.`;
  return `"${map}" probably carries ${struct}: ${places}, and the program names no other struct of that size. ${fix}${restOf(evidence)}`;
}

function foundSeveral(types: TypeTable, evidence: Evidence): string {
  const { map } = evidence;
  const flags = flagsFor(types, evidence);
  const fix =
    flags === "" ? "" : ` If it is always the same one, settle it with ${flags}.${allOfThem(types, evidence)}`;
  const places = listPlaces(explainedSends(evidence));
  return `"${map}" may carry ${describeAll(types, evidence)}, read off the code: ${places}.${fix}${restOf(evidence)}`;
}

/** What to say when the buffer carries all of the candidates. */
function allOfThem(types: TypeTable, { map, candidates }: Evidence): string {
  const names = candidates.map((id) => types.type(id).name);
  if (names.includes("")) return "";
  const sizes = new Set(candidates.map((id) => sizeOf(types, id)));
  const tagged = names.map((name, i) => `${i}=${name}`).join(",");
  const structs = sizes.size === names.length ? names.join(",") : `TAG:${tagged}`;
  const where = sizes.size === names.length ? "" : ", TAG being the member that says which one it is";
  return ` If it carries all of them, tell them apart with \`--record '${map}=${structs}'\`${where}.`;
}

function explainedSends({ sends, unexplained }: Evidence): Send[] {
  return sends.filter((send) => !unexplained.includes(send));
}

function restOf({ unexplained, gaveUp }: Evidence): string {
  const tangled = gaveUp ? " Some of the code was too tangled to follow." : "";
  if (unexplained.length === 0) return tangled;
  return ` No struct was found for what else it carries: ${listPlaces(unexplained)}.${tangled}`;
}

function flagsFor(types: TypeTable, { map, candidates }: Evidence): string {
  const names = candidates.map((id) => types.type(id).name).filter((name) => name !== "");
  return names.map((name) => `\`--record ${map}=${name}\``).join(" or ");
}

function foundNone(evidence: Evidence): string {
  const { map, noDebugInfo } = evidence;
  const rebuild = noDebugInfo === undefined ? "Name it" : "Compile with a plain `clang -g` and don't strip, or name it";
  const fix = `${rebuild} with \`--record ${map}=STRUCT\` or __type(value, struct STRUCT) in the map.`;
  return `The struct that "${map}" carries is not known: ${reason(evidence)}. ${fix}`;
}

function reason({ sends, isDrained, hiddenSends, gaveUp, noDebugInfo }: Evidence): string {
  if (sends.length === 0) {
    if (gaveUp) return "the code is too tangled to follow";
    if (isDrained) return "no code was found that reads from it what could be a struct";
    return hiddenSends
      ? "the code does not show which map it sends records to"
      : "no code was found that sends records to it";
  }
  if (sends.every(({ size }) => size === undefined)) return listPlaces(sends);
  const where = noDebugInfo ?? "no struct of that size is among the variables there";
  return `${listPlaces(sends)}, and ${where}`;
}

/** "handle_execve sends 280 bytes, handle_exit sends 16 bytes". */
function listPlaces(sends: readonly Send[]): string {
  const texts = sends.map(({ size, isRead, frames: [{ code }] }) => {
    const does = isRead ? "reads" : "sends";
    return size === undefined
      ? `how many bytes ${code.name} ${does} is decided at run time`
      : `${code.name} ${does} ${size} bytes`;
  });
  const places = [...new Set(texts)];
  const more = places.length > MOST_PLACES ? [`and ${places.length - MOST_PLACES} more do`] : [];
  return [...places.slice(0, MOST_PLACES), ...more].join(", ");
}

/** "struct exec_event (280 bytes) or struct exit_event (16 bytes)". */
function describeAll(types: TypeTable, { candidates }: Evidence): string {
  return candidates.map((id) => describe(types, id)).join(" or ");
}

function describe(types: TypeTable, id: number): string {
  const type = types.type(id);
  const { type: struct } = skipModifiers(types, id);
  const isStruct = struct.kind === "struct" || struct.kind === "union";
  const name =
    type.kind === "typedef" || !isStruct
      ? type.name
      : type.name === ""
        ? `a ${struct.kind} without a name`
        : `${type.kind} ${type.name}`;
  return `${name} (${sizeOf(types, id) ?? 0} bytes)`;
}
