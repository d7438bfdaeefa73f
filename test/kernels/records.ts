import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";

import { onlineCpus } from "../../src/runtime/kernel/cpus.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { userRings } from "../objects/user-rings.skel.ts";
import { perfEvents, type PerfEvents } from "../objects/perf-events.skel.ts";
import { check } from "./check.ts";

const EOPNOTSUPP = 95n;

/** A virtual machine's CPU may be switched off, the host's may not. */
const isGuest = existsSync("/run/guest/init");

/** Buffers of records: what the kernel fills, and what it reads. */
export async function checkRecords(): Promise<void> {
  await check("perf buffers deliver from every CPU, in order, and count what is lost", perfBuffersDeliver);
  await check("perf buffers wake a loop that waits, and merge CPUs by time", perfBuffersWake);
  if (kernelIsAtLeast([6, 1]))
    await check("user ring buffers hand samples to programs, keep places, and wait for room", userRingsAreDrained);
  else
    await check("a kernel without user ring buffers is named as the reason", () => {
      assert.throws(
        () => userRings.load(),
        (error) => isCoreGenError(error) && error.hints[0]?.includes("6.1") === true,
      );
    });
  if (isGuest) await check("perf buffers follow CPUs that come and go", perfBuffersFollowCpus);
}

function send(skel: PerfEvents, first: number, count: number, cpu: number): void {
  skel.progs.send.testRun({ context: [BigInt(first), BigInt(count)], cpu });
}

async function perfBuffersDeliver(): Promise<void> {
  using skel = perfEvents.load();
  const { events } = skel.maps;
  events.open({ pages: 1 });
  const cpus = onlineCpus();
  for (const cpu of cpus) send(skel, 1000 * cpu, 30, cpu);
  const seen: [number, number][] = [];
  for await (const { cpu, record } of events.samples()) {
    assert.equal(record.cpu, cpu);
    if (seen.push([cpu, record.number]) === 30 * cpus.length) break;
  }
  assert.deepEqual(
    seen,
    cpus.flatMap((cpu) => Array.from({ length: 30 }, (_, i) => [cpu, 1000 * cpu + i])),
  );
  const [cpu = 0] = cpus;
  send(skel, 0, 200, cpu);
  assert.equal(events.consume(() => undefined) + Number(skel.bss.refused), 200);
  send(skel, 0, 1, cpu);
  const lost: unknown[] = [];
  events.consume(() => undefined, { onLost: (...facts) => lost.push(facts) });
  assert.deepEqual([lost, events.lost], [[[cpu, Number(skel.bss.refused)]], Number(skel.bss.refused)]);
}

async function perfBuffersWake(): Promise<void> {
  using skel = perfEvents.load();
  const cpus = onlineCpus();
  let sent = 0;
  const timer = setInterval(() => {
    send(skel, sent, 1, cpus[sent % cpus.length] ?? 0);
    sent++;
  }, 5);
  const seen: number[] = [];
  let last = 0n;
  for await (const { record, time = 0n } of skel.maps.events.samples({ order: "time" })) {
    assert.ok(time >= record.time && time > last);
    last = time;
    if (seen.push(record.number) === 20) break;
  }
  clearInterval(timer);
  // The first one may have come before the rings were there.
  const [first = 0] = seen;
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => first + i),
  );
}

function perfBuffersFollowCpus(): void {
  const cpu = onlineCpus().at(-1) ?? 0;
  assert.notEqual(cpu, 0);
  const online = `/sys/devices/system/cpu/cpu${cpu}/online`;
  const consumed = (): [number, number][] => {
    const seen: [number, number][] = [];
    skel.maps.events.consume(({ number }, from) => seen.push([from, number]));
    return seen;
  };
  using skel = perfEvents.load();
  writeFileSync(online, "0");
  skel.maps.events.open();
  assert.deepEqual(
    skel.maps.events.usage().map((ring) => ring.cpu),
    onlineCpus(),
  );
  send(skel, 1, 1, 0);
  writeFileSync(online, "1");
  assert.deepEqual(consumed(), [[0, 1]]);
  send(skel, 2, 1, cpu);
  assert.deepEqual(consumed(), [[cpu, 2]]);
  // What a CPU has sent stays when it goes; when it is back, its event is not, which libbpf leaves at that, too.
  send(skel, 3, 1, cpu);
  writeFileSync(online, "0");
  assert.deepEqual(consumed(), [[cpu, 3]]);
  writeFileSync(online, "1");
  send(skel, 4, 1, cpu);
  assert.deepEqual([consumed(), skel.bss.why], [[], -EOPNOTSUPP]);
  skel.maps.events.open({ pages: 4 });
  send(skel, 5, 1, cpu);
  assert.deepEqual(consumed(), [[cpu, 5]]);
}

async function userRingsAreDrained(): Promise<void> {
  using skel = userRings.load();
  const { commands } = skel.maps;
  const command = (number: number) => ({ op: 1, pid: process.pid, number: BigInt(number), name: String(number) });
  const drain = (): number => skel.progs.drain.testRun().returnValue;
  let sent = 0;
  for (; commands.usage().pending + 40 <= 4096; sent++) commands.submit(command(sent));
  assert.throws(
    () => {
      commands.submit(command(0));
    },
    { code: "buffer-full" },
  );
  const waiting = commands.submitWhenFree(command(sent));
  assert.equal(drain(), sent);
  await waiting;
  const place = commands.reserve();
  commands.submit(command(1000));
  assert.deepEqual([drain(), skel.bss.last], [1, command(sent)]);
  place.discard();
  assert.deepEqual([drain(), skel.bss.last], [1, command(1000)]);
}
