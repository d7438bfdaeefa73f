import { existsSync, readdirSync, readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { mountDetached } from "../sys/mount.ts";

/** Where tracefs is mounted: at its own place since Linux 4.1, before that inside debugfs. */
const MOUNTS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/**
 * The id of the tracepoint `category`/`name`, which perf_event_open() wants.
 *
 * Where tracefs is not mounted, it is mounted for the time of this call where nobody else sees it. Throws a
 * `CoreGenError`: `bad-input` when the kernel has no such tracepoint, with names that are near.
 */
export function tracepointId(category: string, name: string): number {
  return withTracefs((root) => {
    const path = `${root}/events/${category}/${name}/id`;
    try {
      return Number.parseInt(readFileSync(path, "utf8"), 10);
    } catch (cause) {
      if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") throw unknownTracepoint(root, category, name);
      throw unreadable(`${category}/${name}`, cause);
    }
  });
}

/**
 * Calls `use` with the folder of tracefs. Where it is not mounted, it is mounted for the time of this call where nobody else
 * sees it. Throws a `KernelError` on kernels that have none.
 */
export function withTracefs<T>(use: (root: string) => T): T {
  const mounted = MOUNTS.find((root) => existsSync(`${root}/events`));
  if (mounted !== undefined) return use(mounted);
  using mount = mountDetached("tracefs");
  return use(`/proc/self/fd/${mount.number}`);
}

function unknownTracepoint(root: string, category: string, name: string): CoreGenError {
  const categories = list(`${root}/events`);
  const what = `looking for the tracepoint ${category}/${name}`;
  if (!categories.includes(category)) {
    const elsewhere = categories.filter((other) => existsSync(`${root}/events/${other}/${name}/id`));
    const near = elsewhere.length > 0 ? elsewhere : nearNames(category, categories);
    return missing(
      `${what}: this kernel has no category "${category}"`,
      near.map((other) => `${other}/${name}`),
    );
  }
  const names = list(`${root}/events/${category}`);
  const near = nearNames(name, names);
  return missing(
    `${what}: this kernel has none of that name in "${category}"`,
    near.map((other) => `${category}/${other}`),
  );
}

function missing(message: string, near: readonly string[]): CoreGenError {
  const hints = near.length > 0 ? [`Near it: ${near.join(", ")}.`] : [];
  return new CoreGenError("bad-input", message, {
    hints: [...hints, "Tracepoints differ between kernels: `ls /sys/kernel/tracing/events` lists this one's."],
  });
}

function unreadable(tracepoint: string, cause: unknown): CoreGenError {
  const denied = codeOf(cause) === "EACCES" || codeOf(cause) === "EPERM";
  return new CoreGenError(
    denied ? "permission" : "kernel",
    `looking for the tracepoint ${tracepoint}: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, hints: denied ? ["Only root may read tracefs, unless it was mounted with another mode or group."] : [] },
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    // What can't be listed has no near names; the error that is being made says the rest.
    return [];
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
