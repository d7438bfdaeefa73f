import { printable } from "../../btf/printable.ts";
import { CoreGenError } from "../../errors.ts";
import type { NamedRecords } from "../../object/record-info.ts";
import { checkProgramNames } from "../check-program-names.ts";
import { importSkeleton, type AnyLoaded, type AnyOpened, type ImportedSkeleton } from "../import-skeleton.ts";
import { terminalWidth } from "../terminal-width.ts";
import { contentsOf, printContents } from "./print-contents.ts";
import { RecordPrinter } from "./print-records.ts";
import { applySettings, type Setting } from "./settings.ts";
import { toJson } from "./to-json.ts";

/** What {@link runObject} is told. */
export interface RunOptions {
  readonly file: string;
  /** Only these; all that load by themselves when there are none. */
  readonly programs: readonly string[];
  readonly settings: readonly Setting[];
  readonly records: ReadonlyMap<string, NamedRecords>;
  /** When to end; at Ctrl-C when undefined. */
  readonly milliseconds: number | undefined;
  readonly json: boolean;
}

/** Runs an object until it is to end, and prints what it has to say. */
export async function runObject(bytes: Uint8Array, options: RunOptions): Promise<void> {
  const { file: fileName, records, programs, settings, json } = options;
  const imported = await importSkeleton(bytes, { fileName, records });
  for (const message of imported.messages) console.error(`core-gen: ${message}`);
  const opened = imported.skeleton.open();
  if (programs.length > 0) loadOnly(fileName, opened, programs);
  applySettings(opened, settings);
  const skel = opened.load();
  try {
    skel.attach();
    reportAttached(fileName, skel);
    await printRecords(imported, skel, options);
    const contents = contentsOf(skel);
    process.stdout.write(json ? `${toJson(contents)}\n` : printContents(contents, terminalWidth()));
  } finally {
    skel.close();
  }
}

function loadOnly(file: string, { progs }: AnyOpened, wanted: readonly string[]): void {
  checkProgramNames(`running ${file}`, Object.keys(progs), wanted);
  for (const [name, program] of Object.entries(progs)) program.autoload = wanted.includes(name);
}

/** To standard error, beside what the object itself has to say. */
function reportAttached(file: string, { progs, links, warnings }: AnyLoaded): void {
  for (const warning of warnings) console.error(`core-gen: ${warning}`);
  const loaded = Object.values(progs).filter((program) => program.loaded);
  const attached = loaded.filter(({ name }) => links[name] !== undefined);
  // Programs of struct_ops are functions of a map, which is what is attached.
  const left = loaded.filter(({ name, section }) => links[name] === undefined && !section.startsWith("struct_ops"));
  const maps = Object.keys(links).filter((name) => links[name] !== undefined && !(name in progs));
  const listed = (some: typeof loaded): string =>
    some.map(({ name, section }) => printable(`${name} (${section})`)).join(", ");
  if (attached.length === 0 && maps.length === 0 && left.length > 0) {
    throw new CoreGenError(
      "unsupported",
      `running ${file}: nothing is attached, ${listed(left)} must be told to what`,
      {
        hints: ["An app can: core-gen skel, then skel.progs.NAME.attach…({ … })."],
      },
    );
  }
  if (left.length > 0) console.error(`core-gen: not attached, it must be told to what: ${listed(left)}`);
  const all = [listed(attached), ...maps.map(printable)].filter((part) => part !== "").join(", ");
  console.error(`core-gen: attached ${all}; Ctrl-C ends it`);
}

async function printRecords(
  { runtime: { RingBuffer, PerfEventArray } }: ImportedSkeleton,
  skel: AnyLoaded,
  { milliseconds, json }: RunOptions,
): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abort);
  const timer = milliseconds === undefined ? undefined : setTimeout(abort, milliseconds);
  const buffers = Object.values(skel.maps).filter((map) => map instanceof RingBuffer || map instanceof PerfEventArray);
  const printer = new RecordPrinter({ json, width: terminalWidth(), nameMaps: buffers.length > 1 });
  try {
    await Promise.all([
      aborted(stop.signal),
      ...buffers.map(async (map) => {
        for await (const record of map.records({ signal: stop.signal })) printer.print(map.name, record);
      }),
    ]);
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, abort);
  }
  for (const map of buffers)
    if (map instanceof PerfEventArray && map.lost > 0)
      console.error(`core-gen: "${map.name}" lost ${map.lost} records`);
}

/** Also keeps the process alive, where no buffer is waited for. */
async function aborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 1 << 30);
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  clearInterval(alive);
}
