import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Where Debian's systemtap-sdt-dev puts it: `/usr/include` itself on other systems. */
const headers = ["/usr/include/x86_64-linux-gnu/sys/sdt.h", "/usr/include/sys/sdt.h"];

/** Why the program with the probes can't be compiled and understood here, if it can't. */
export function targetIsMissing(): string | undefined {
  if (arch() !== "x64") return "test/objects/usdt.bpf.o is compiled for x86-64";
  return headers.some((header) => existsSync(header)) ? undefined : "sys/sdt.h is missing: package systemtap-sdt-dev";
}

/** How test/support/usdt-target.c is linked. */
export type TargetKind = "pie" | "no-pie";

/** Compiles test/support/usdt-target.c; returns its path, below `folder`. */
export function compileTarget(folder: string, kind: TargetKind): string {
  const path = join(folder, `usdt-target-${kind}`);
  execFileSync("gcc", ["-O1", `-${kind}`, "-o", path, "test/support/usdt-target.c"]);
  return path;
}

/** What one round of the program has printed. */
export interface Round {
  /** The arguments of each firing, by the probe's name. */
  readonly fired: ReadonlyMap<string, readonly (readonly bigint[])[]>;
  /** The semaphores of `many` and `none`. */
  readonly semaphores: readonly number[];
}

/** The program, running. */
export class UsdtTarget implements AsyncDisposable {
  readonly pid: number;
  readonly #child;
  readonly #lines: AsyncIterator<string, unknown>;

  private constructor(path: string) {
    this.#child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    this.pid = this.#child.pid ?? 0;
  }

  /** Starts it and waits until it is ready. */
  static async start(path: string): Promise<UsdtTarget> {
    const target = new UsdtTarget(path);
    await target.#lines.next();
    return target;
  }

  /** Lets it fire each of its probes. */
  async fire(): Promise<Round> {
    this.#child.stdin.write("go\n");
    const fired = new Map<string, bigint[][]>();
    for (;;) {
      const { value } = await this.#lines.next();
      const [name = "", ...args] = String(value).split(" ");
      if (name === "semaphores") return { fired, semaphores: args.map(Number) };
      fired.set(name, [...(fired.get(name) ?? []), args.map(BigInt)]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }
}
