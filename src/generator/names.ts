/**
 * Names that TypeScript or a generated module already uses. A generated name never is one of them: the runtime's whole
 * vocabulary is kept free, used or not, so that adding a map never renames a struct.
 */
const taken = new Set(
  [
    "break case catch class const continue debugger default delete do else enum export extends false finally for",
    "function if import in instanceof new null return super switch this throw true try typeof var void while with",
    "implements interface let package private protected public static yield await async of arguments eval undefined",
    "any unknown never object string number bigint boolean symbol type as from to at value view record Pick Uint8Array URL OBJECT",
    "base64 external forArch defineSkeleton bytes text pointer bool u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64",
    "Codec Memory Skeleton Opened Loaded Program RingBuffer UserRingBuffer PerfEventArray HashMap ArrayMap PerCpuHashMap",
    "PerCpuArrayMap BpfMap StructOpsMap OpenedProgram QueueMap StackMap BloomFilterMap LpmTrieMap ArrayOfMaps",
    "HashOfMaps TaskStorage SocketStorage InodeStorage CgroupStorage ProgramArray CgroupArray SockMap SockHash",
    "KernelTime ReuseportSockArray XskMap DevMap DevHashMap CpuMap StackTraceMap",
    "ProbeProgram KprobeMultiProgram UprobeMultiProgram UsdtProgram TracepointProgram RawTracepointProgram",
    "TraceProgram TraceMultiProgram IterProgram FreplaceProgram PerfEventProgram XdpProgram TcProgram TcxProgram",
    "NetkitProgram CgroupProgram SockmapProgram NetnsProgram SocketFilterProgram SkReuseportProgram",
    "NetfilterProgram LircProgram LwtProgram SyscallProgram StructOpsProgram",
  ]
    .join(" ")
    .split(" "),
);

/**
 * Hands out the names that a generated module declares, each once.
 *
 * A name that is reserved gets a "_" at its end, one that is given out already "_2", "_3", ….
 */
export class NameScope {
  readonly #unique = new UniqueNames();

  /** A free name like `wanted`, which must be an identifier (as {@link pascalCase} and {@link camelCase} return). */
  declare(wanted: string): string {
    return this.#unique.take(taken.has(wanted) ? `${wanted}_` : wanted);
  }
}

/** Gives each name out once: the next time it is asked for it gets "_2", "_3", …. */
export class UniqueNames {
  readonly #used = new Set<string>();
  /** Where to go on, so that a hostile million of equal names does not take a million squared steps. */
  readonly #next = new Map<string, number>();

  take(name: string): string {
    let unique = name;
    let n = this.#next.get(name) ?? 2;
    while (this.#used.has(unique)) unique = `${name}_${n++}`;
    this.#next.set(name, n);
    this.#used.add(unique);
    return unique;
  }
}

/** The first of each name: compilers and linkers make no two, and if there are, the runtime finds the first. */
export function uniqueByName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  const first = new Map<string, T>();
  for (const one of all) if (!first.has(one.name)) first.set(one.name, one);
  return [...first.values()];
}

/** `trace_event_raw_sys_enter` → `TraceEventRawSysEnter`, `EVENT_KIND` → `EventKind`; always an identifier. */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/u).filter((word) => word !== "");
  const shouting = !/[a-z]/u.test(name);
  const joined = words.map((word) => capital(shouting ? word.toLowerCase() : word)).join("");
  if (joined === "") return "Unnamed";
  return /^[0-9]/u.test(joined) ? `_${joined}` : joined;
}

/** `exec-snoop` → `execSnoop`; always an identifier. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** A property as it is written in an interface. */
export function typeKey(name: string): string {
  return isIdentifier(name) ? name : quote(name);
}

/** A property as it is written in an object literal, where a bare `__proto__` would set the prototype. */
export function literalKey(name: string): string {
  return name === "__proto__" ? `["__proto__"]` : typeKey(name);
}

/**
 * What stands behind the value of a property of a literal. Of a name that every object has (`toString`) TypeScript takes
 * the type from there, and not from the index signature: without this, tuples and words would lose their types.
 */
export function literalSuffix(name: string): string {
  return name in Object.prototype ? " as const" : "";
}

/** Access to a property of the variable `object`. */
export function propertyOf(object: string, name: string): string {
  return isIdentifier(name) ? `${object}.${name}` : `${object}[${quote(name)}]`;
}

/** A string literal. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Text for the inside of a comment of either form: it can't end the comment, and stays on one line. */
export function commentText(text: string): string {
  return text.replace(/\*\//gu, "*\\/").replace(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]+/gu, " ");
}

/** C text in a doc comment, as Markdown code. */
export function code(text: string): string {
  return `\`${commentText(text).replaceAll("`", "'")}\``;
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/u.test(name);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
