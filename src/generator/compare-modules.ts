/** Where a member is, as its comment in a generated module says it. */
interface Placed {
  /** The declaration: "u32 pid". */
  readonly c: string;
  /** "at 0, 4 bytes". */
  readonly place: string;
}

/** An interface of a generated module. */
interface Layout {
  /** "`struct event`, 280 bytes", of one that a C type stands behind. */
  readonly origin: string;
  readonly members: ReadonlyMap<string, Placed>;
}

/**
 * What somebody who reads or sends these bytes has to know about a module that is written anew: types that came, went or
 * have another size, and members that came, went, moved, or are something else now; a line for each. It reads the
 * comments that the generator writes, so it works for modules without an object in them, and for those of other versions.
 */
export function describeLayoutChanges(before: string, after: string): string[] {
  const [old, now] = [readLayouts(before), readLayouts(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) =>
    compareLayouts(name, old.get(name), now.get(name)),
  );
}

function readLayouts(text: string): Map<string, Layout> {
  const layouts = new Map<string, Layout>();
  const pattern = /^(?:\/\*\*(?<doc>(?:(?!\*\/)[^])*)\*\/\n)?export interface (?<name>\w+) \{\n(?<body>[^]*?)^\}/gmu;
  for (const { groups = {} } of text.matchAll(pattern)) {
    const { doc = "", name = "", body = "" } = groups;
    const origin = /@generated from (?<origin>.*)/u.exec(doc)?.groups?.["origin"] ?? "";
    layouts.set(name, { origin, members: readMembers(body) });
  }
  return layouts;
}

function readMembers(body: string): Map<string, Placed> {
  const members = new Map<string, Placed>();
  const pattern =
    /^ {2}\/\*\*(?:\s*\*)? `(?<c>[^`]*)` (?<place>at (?:(?!\*\/)[^])*?)\*\/\n {2}(?:readonly )?(?<key>"[^"]*"|\w+)\??:/gmu;
  for (const { groups = {} } of body.matchAll(pattern)) {
    const place =
      /^at [^:]*/u
        .exec(groups["place"] ?? "")?.[0]
        .replace(/\s*\n\s*\*\s*/gu, " ")
        .trim() ?? "";
    members.set(groups["key"] ?? "", { c: groups["c"] ?? "", place });
  }
  return members;
}

function compareLayouts(name: string, before: Layout | undefined, after: Layout | undefined): string[] {
  if (after === undefined) return [`${name} is gone`];
  if (before === undefined) return [`${name} is new`];
  const resized = before.origin === after.origin ? [] : [`${name} is made from ${after.origin}, was ${before.origin}`];
  const keys = new Set([...before.members.keys(), ...after.members.keys()]);
  return [
    ...resized,
    ...[...keys].flatMap((key) => compareMembers(`${name}.${key}`, before.members.get(key), after.members.get(key))),
  ];
}

function compareMembers(name: string, before: Placed | undefined, after: Placed | undefined): string[] {
  if (after === undefined) return [`${name} is gone: ${before?.c ?? ""}`];
  if (before === undefined) return [`${name} is new: ${after.c} ${after.place}`];
  const changes = [
    ...(before.place === after.place ? [] : [`${after.place}, was ${before.place}`]),
    ...(before.c === after.c ? [] : [`${after.c}, was ${before.c}`]),
  ];
  return changes.length === 0 ? [] : [`${name} is ${changes.join("; ")}`];
}
