import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { soak as skeleton, type Numbered } from "../objects/soak.skel.ts";

/** What came of {@link soak}. */
export interface SoakResult {
  /** Records that arrived. */
  readonly delivered: number;
  /** Records that the program counted as lost, for the buffer was full. */
  readonly dropped: number;
  /** Numbers that were missing between records, and behind the last one. */
  readonly missing: number;
  /** What was wrong with records: none, if all is well. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

type Records = ReturnType<typeof skeleton.load>["maps"]["records"];

/** Says whether enough has been read in one way. */
type Check = (record: Numbered) => boolean;

/** The ways of reading take turns: each stops after some records, and the next one goes on with the one behind. */
const forms: readonly ((records: Records, check: Check, signal: AbortSignal) => Promise<void>)[] = [
  async (records, check, signal) => {
    for await (const record of records.records({ signal })) if (check(record)) break;
  },
  async (records, check, signal) => {
    for await (const batch of records.records({ signal, batch: 300 })) if (batch.map(check).includes(true)) break;
  },
  (records, check, signal) => callBack(records, check, { signal, lazy: false }),
  (records, check, signal) => callBack(records, check, { signal, lazy: true }),
];

function callBack(records: Records, check: Check, options: { signal: AbortSignal; lazy: boolean }): Promise<void> {
  const enough = new AbortController();
  const signal = AbortSignal.any([options.signal, enough.signal]);
  return records.forEach(
    (record) => {
      if (check(record)) enough.abort();
    },
    { lazy: options.lazy, signal },
  );
}

/**
 * Sends `count` records through a ring buffer from another process, reads them in all forms, stalls now and then, and
 * checks that each arrives once, in its order and whole, or was counted as dropped.
 */
export async function soak(count: number, onProgress: (sent: number) => void = () => undefined): Promise<SoakResult> {
  const start = performance.now();
  using skel = skeleton.load();
  const { records } = skel.maps;
  skel.bss.target = BigInt(count);
  const finished = new AbortController();
  const exited = produce(skel.progs.produce.fd).finally(() => {
    finished.abort();
  });
  const seen = new Seen();
  for (let slice = 0; !finished.signal.aborted; slice++) {
    const until = seen.delivered + 50_000 + ((slice * 7919) % 100_000);
    await forms[slice % forms.length]?.(records, (record) => seen.check(record) >= until, finished.signal);
    onProgress(seen.next);
    if (slice % 10 === 9) await sleep(20);
  }
  const status = await exited;
  records.consume((record) => seen.check(record));
  const { sent, dropped } = skel.bss;
  const isComplete = status === 0 && Number(sent) === count;
  return {
    delivered: seen.delivered,
    dropped: Number(dropped),
    missing: seen.missing + count - seen.next,
    problems: isComplete
      ? seen.problems
      : [`the producer ended with ${status} after ${sent} records`, ...seen.problems],
    seconds: (performance.now() - start) / 1000,
  };
}

/** Runs the program in another process, and returns that one's exit status. */
async function produce(program: number): Promise<number | null> {
  const script = fileURLToPath(new URL("soak-producer.ts", import.meta.url));
  const producer = spawn(process.execPath, ["--import", "tsx", script], {
    stdio: ["ignore", "inherit", "inherit", program],
  });
  const [status] = (await once(producer, "exit")) as [number | null];
  return status;
}

const mostProblems = 20;

/** What has been read so far. */
class Seen {
  delivered = 0;
  missing = 0;
  /** The number of the record that should be next. */
  next = 0;
  readonly problems: string[] = [];

  /** Returns how many have been delivered. */
  check({ sequence, checksum, count, words }: Numbered): number {
    const number = Number(sequence);
    if (number < this.next) this.#report(`record ${number} came after ${this.next - 1}`);
    this.missing += Math.max(0, number - this.next);
    this.next = number + 1;
    if (words.length !== count) this.#report(`record ${number} has ${words.length} words of ${count}`);
    let sum = number | 0;
    for (const word of words) sum = (Math.imul(sum, 31) + word) | 0;
    if (sum >>> 0 !== checksum) this.#report(`record ${number} is damaged`);
    return ++this.delivered;
  }

  #report(problem: string): void {
    if (this.problems.length < mostProblems) this.problems.push(problem);
  }
}
