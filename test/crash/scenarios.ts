/*
 * What a child process does to crash itself: test/kernel/crash.test.ts bundles this file and runs it on several versions
 * of Node, with --expose-gc and the name of a scenario. It prints "survived" when it gets to its end.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { isCoreGenError, mergeRecords } from "../../src/runtime/index.ts";
import { variants, type EventsRecord } from "../golden/variants.skel.ts";

type Skel = ReturnType<typeof variants.load>;

const scenarios: Readonly<Record<string, () => Promise<void> | void>> = {
  "use after close": useAfterClose,
  "close in every order": closeInEveryOrder,
  "close inside of handlers": closeInsideOfHandlers,
  "abort during wait": abortDuringWait,
  "exit during wait": exitDuringWait,
  "exit in a handler": exitInHandler,
  "exception in a handler": exceptionInHandler,
  "exception that nobody catches": throwUncaught,
  "1,000 readers dropped": dropReaders,
  "views that outlive the skeleton": keepViews,
  "workers terminated during wait": terminateWorkers,
  "workers that end by themselves": endWorkers,
};

if (isMainThread) await runScenario(process.argv[2] ?? "");
else await beReader();

async function runScenario(name: string): Promise<void> {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no scenario "${name}"`);
  await scenario();
  process.stdout.write("survived\n");
}

function collectGarbage(): void {
  // --expose-gc defines it.
  (globalThis as { gc?: () => void }).gc?.();
}

function send(skel: Skel, which = 0): void {
  skel.progs.send.run(new Uint8Array(Uint32Array.of(which, 7).buffer));
}

/** Errors of ours are what is wanted; anything else ends the scenario. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
  }
}

async function settles(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!isCoreGenError(error)) throw error;
  });
}

/** All that can be done with a skeleton that is closed, or is being closed. */
async function useAll(skel: Skel, kept: readonly EventsRecord[]): Promise<void> {
  attempt(() => skel.maps.events.drain());
  attempt(() => skel.maps.events.consume(() => undefined, { lazy: true }));
  attempt(() => skel.maps.events.usage());
  attempt(() => skel.maps.events.info());
  attempt(() => skel.maps.unused.get(0));
  attempt(() => skel.bss.asked);
  attempt(() => {
    skel.bss.asked = 1n;
  });
  attempt(() => {
    send(skel);
  });
  for (const record of kept) attempt(() => ({ ...record }));
  await settles(skel.maps.events.records().next());
  await settles(skel.maps.events.forEach(() => undefined));
  await settles(mergeRecords({ events: skel.maps.events, files: skel.maps.files }).next());
}

async function useAfterClose(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const skel = variants.load();
    const kept: EventsRecord[] = [];
    send(skel, 0);
    send(skel, 1);
    send(skel, 3);
    skel.maps.events.consume((record) => kept.push(record), { lazy: true });
    skel.close();
    skel.close();
    collectGarbage();
    await useAll(skel, kept);
    collectGarbage();
    await useAll(skel, kept);
  }
}

async function closeInEveryOrder(): Promise<void> {
  for (const order of permutations(["close", "abort", "return", "collect", "send"])) {
    const skel = variants.load();
    const stop = new AbortController();
    send(skel);
    const stream = skel.maps.events.records({ signal: stop.signal });
    const merged = mergeRecords({ files: skel.maps.files, flags: skel.maps.flags }, { signal: stop.signal });
    const answers = [stream.next(), stream.next(), merged.next()];
    for (const action of order) {
      if (action === "close") skel.close();
      else if (action === "abort") stop.abort();
      else if (action === "return") await Promise.all([stream.return?.(), merged.return?.()]);
      else if (action === "collect") collectGarbage();
      else attempt(() => { send(skel); }); // prettier-ignore
      if (order.indexOf(action) % 2 === 0) await sleep(0);
    }
    await Promise.all(answers);
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

async function closeInsideOfHandlers(): Promise<void> {
  const ways: ((skel: Skel, close: () => void) => unknown)[] = [
    async (skel, close) => {
      for await (const record of skel.maps.events.records()) if (record.kind === 1) close();
    },
    async (skel, close) => {
      for await (const batch of skel.maps.events.records({ batch: 2 })) if (batch.length > 0) close();
    },
    async (skel, close) => {
      for await (const [name] of mergeRecords({ events: skel.maps.events, files: skel.maps.files })) if (name === "events") close();
    },
    (skel, close) => skel.maps.events.forEach(close),
    (skel, close) => skel.maps.events.forEach((record) => { close(); attempt(() => ({ ...record })); }, { lazy: true }),
    (skel, close) => settles(skel.maps.events.forEach(close, { filter: (record) => { close(); return record.kind === 1; } })),
    (skel, close) => void skel.maps.events.consume(close),
    (skel, close) => void skel.maps.events.consume((record) => { close(); attempt(() => ({ ...record })); }, { lazy: true }),
    (skel, close) => { attempt(() => skel.maps.events.drain({ filter: (record) => { close(); return record.kind === 1; } })); },
    (skel, close) => settles(skel.maps.events.records({ filter: (record) => { close(); return record.kind === 1; } }).next()),
  ]; // prettier-ignore
  for (const way of ways) {
    for (const collects of [false, true]) {
      const skel = variants.load();
      for (let i = 0; i < 4; i++) send(skel, i);
      await way(skel, () => {
        skel.close();
        if (collects) collectGarbage();
      });
      skel.close();
      await useAll(skel, []);
    }
  }
}

async function abortDuringWait(): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const skel = variants.load();
    const stop = new AbortController();
    const waiting = [
      skel.maps.events.forEach(() => undefined, { signal: stop.signal }),
      mergeRecords({ files: skel.maps.files, flags: skel.maps.flags }, { signal: stop.signal }).next(),
    ];
    if (round % 2 === 0) await sleep(round % 5);
    if (round % 3 === 0) send(skel);
    stop.abort();
    if (round % 4 === 0) collectGarbage();
    await Promise.all(waiting);
    if (round % 5 !== 0) skel.close();
  }
}

async function exitDuringWait(): Promise<void> {
  const skel = variants.load();
  void skel.maps.events.records().next();
  void skel.maps.files.forEach(() => undefined);
  await sleep(20);
  process.stdout.write("survived\n");
  process.exit(0);
}

async function exitInHandler(): Promise<void> {
  const skel = variants.load();
  send(skel);
  await skel.maps.events.forEach(
    () => {
      process.stdout.write("survived\n");
      process.exit(0);
    },
    { lazy: true },
  );
}

async function exceptionInHandler(): Promise<void> {
  const skel = variants.load();
  process.once("uncaughtException", () => {
    process.stdout.write("survived\n");
    process.exit(0);
  });
  send(skel);
  await skel.maps.events.forEach(() => {
    queueMicrotask(() => {
      throw new Error("nobody catches this");
    });
  });
}

/** Records are there and readers wait when the process ends with status 1. */
async function throwUncaught(): Promise<void> {
  const skel = variants.load();
  void skel.maps.files.forEach(() => undefined);
  await sleep(5);
  for (const which of [0, 1, 4, 5]) send(skel, which);
  process.stdout.write("survived\n");
  process.stderr.write = (): boolean => true;
  throw new Error("nobody catches this");
}

/** Some wait, some have read, some were ended; nobody holds on to any of them. */
async function dropReaders(): Promise<void> {
  const skels: Skel[] = [];
  for (let reader = 0; reader < 1000; reader++) {
    const skel = variants.load();
    skels.push(skel);
    send(skel);
    const stream = skel.maps.events.records();
    await stream.next();
    if (reader % 3 === 0) void stream.next();
    if (reader % 3 === 1) await stream.return?.();
    if (reader % 4 === 0) void skel.maps.files.forEach(() => undefined);
    // Most are closed while their readers wait; the rest is dropped as it is.
    if (skels.length < 20) continue;
    for (const one of skels.splice(0).slice(1)) one.close();
    collectGarbage();
    await sleep(0);
  }
  collectGarbage();
  process.stdout.write("survived\n");
  // The readers that were dropped while they wait keep the process running, as all that wait do.
  process.exit(0);
}

/** Memory of closed skeletons is returned when nothing refers to it, and reads zeros until then. */
async function keepViews(): Promise<void> {
  let kept: EventsRecord[] = [];
  for (let round = 0; round < 200; round++) {
    const skel = variants.load();
    send(skel);
    skel.maps.events.consume((record) => kept.push(record), { lazy: true });
    const { bss } = skel;
    skel.close();
    if (round % 10 === 9) {
      collectGarbage();
      await sleep(0);
    }
    attempt(() => bss.asked);
    for (const record of kept) attempt(() => record.kind);
    if (round % 50 === 49) kept = [];
  }
}

/** What a worker of the scenarios below does. */
async function beReader(): Promise<void> {
  const skel = variants.load();
  void skel.maps.files.forEach(() => undefined);
  send(skel);
  for await (const record of skel.maps.events.records()) {
    parentPort?.postMessage(record.kind);
    if (process.argv[3] === "leave") process.exit(0);
  }
}

async function terminateWorkers(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const workers = Array.from({ length: 3 }, () => new Worker(new URL(import.meta.url), { argv: ["", "stay"] }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
    // It waits for the next record now, or is about to.
    await sleep(round % 2);
    await Promise.all(workers.map((worker) => worker.terminate()));
    collectGarbage();
  }
}

async function endWorkers(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const worker = new Worker(new URL(import.meta.url), { argv: ["", "leave"] });
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}
