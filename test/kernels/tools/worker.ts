import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A process that a tool can be told to watch before it does anything: it waits, sleeping in read(2), until it is told to
 * work, works, and waits again, always on the second CPU. What it does is Perl, which every Debian has and which starts in no time.
 */
export class Worker implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #output: AsyncIterator<Buffer>;
  readonly #ended: Promise<unknown>;
  readonly pid: number;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = child;
    this.#output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#ended = once(child, "close");
    this.pid = child.pid!;
  }

  /** Starts one that will do `work`, after `preparation`. What `work` prints is what {@link work} returns. */
  static async start(work: string, preparation = ""): Promise<Worker> {
    const script = `$| = 1; ${preparation}; while (1) { print "\\0"; sysread(STDIN, $_, 1) or last; ${work}; }`;
    const command = ["-c", "1", "perl", "-MSocket", "-MPOSIX", "-e", script];
    const child = spawn("taskset", command, { stdio: ["pipe", "pipe", "inherit"] });
    const worker = new Worker(child);
    await worker.#untilItWaits();
    return worker;
  }

  /** Has it work once, waits until it is done and sleeps again, and returns what it has printed. */
  async work(): Promise<string> {
    this.#process.stdin.write("\n");
    return this.#untilItWaits();
  }

  /** A file of its folder in /proc. */
  proc(file: string): string {
    return readFileSync(`/proc/${this.pid}/${file}`, "latin1");
  }

  /** A number that one of these files says, behind this name. */
  count(file: string, name: string): number {
    const found = new RegExp(`^${name}:\\s*(\\d+)`, "mu").exec(this.proc(file))?.[1];
    if (found === undefined) throw new Error(`/proc/${this.pid}/${file} has no ${name}`);
    return Number(found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  async #untilItWaits(): Promise<string> {
    let output = "";
    while (!output.endsWith("\0")) {
      const next = await this.#output.next();
      if (next.done === true) throw new Error(`the process ended; it said ${output}`);
      output += next.value.toString("latin1");
    }
    while (!this.proc("stat").includes(") S ")) await sleep(1);
    return output.slice(0, -1);
  }
}
