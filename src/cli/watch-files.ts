import { statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { CoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";
import { reportError } from "./report.ts";

/** A compiler writes a file in several steps: it is read when nothing has happened for this long. */
const QUIET_MS = 60;

/**
 * Runs `job` now and each time that one of `files` changes, one run at a time, until Ctrl-C or SIGTERM; then it returns.
 * What a run throws is reported, and the next change is waited for.
 *
 * Throws a `CoreGenError` when a file's folder can't be watched.
 */
export async function runOnChanges(files: readonly string[], job: () => Promise<void>): Promise<void> {
  const signals = new Signals(files);
  try {
    for (let seen: string | undefined; !signals.stopped;) {
      const now = stateOf(files);
      if (now !== seen) {
        seen = now;
        await job().catch(reportError);
      }
      if (stateOf(files) === seen) await signals.next();
    }
    process.exitCode = 0;
  } finally {
    signals.close();
  }
}

/** What tells one state of files from another. */
function stateOf(files: readonly string[]): string {
  return files
    .map((file) => statSync(file, { throwIfNoEntry: false, bigint: true }))
    .map((stats) => (stats === undefined ? "none" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`))
    .join("; ");
}

/** Tells when something may have happened. Folders are watched: a compiler puts a new file in the old one's place. */
class Signals {
  stopped = false;
  readonly #watchers: { close(): void }[] = [];
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #changed = false;

  constructor(files: readonly string[]) {
    const folders = new Set(files.map((file) => dirname(file)));
    const names = new Set(files.map((file) => basename(file)));
    try {
      for (const folder of folders) this.#watch(folder, names);
    } catch (error) {
      this.close();
      throw error;
    }
    process.on("SIGINT", this.#stop);
    process.on("SIGTERM", this.#stop);
  }

  /** Waits until something has happened, and then nothing for a moment, or until it is time to end. */
  async next(): Promise<void> {
    if (!this.#changed && !this.stopped) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#changed = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    process.off("SIGINT", this.#stop);
    process.off("SIGTERM", this.#stop);
  }

  #watch(folder: string, names: ReadonlySet<string>): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || names.has(name)) this.#change();
      });
      this.#watchers.push(watcher);
      // The folder itself is gone: there is nothing left to wait for but Ctrl-C.
      watcher.on("error", (error) => {
        reportError(error);
      });
    } catch (cause) {
      throw new CoreGenError("bad-input", `watching ${folder}: ${reasonOf(cause)}`, { cause });
    }
  }

  #change(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#changed = true;
      this.#wake?.();
    }, QUIET_MS);
  }

  readonly #stop = (): void => {
    this.stopped = true;
    this.#wake?.();
  };
}
