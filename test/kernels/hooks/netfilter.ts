import assert from "node:assert/strict";

import type { CoreGenError } from "../../../src/errors.ts";
import type { NetfilterOptions } from "../../../src/runtime/index.ts";
import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { talk } from "../../kernel/cgroup-hooks.ts";
import { netfilter } from "../../objects/netfilter.skel.ts";
import { setMtu, switchOn } from "../../support/devices.ts";
import { inOwnNetwork } from "../../support/own-network.ts";
import { AF_INET, AF_INET6 } from "../../support/sockets.ts";
import { check } from "../check.ts";
import { checkHook } from "./check-hook.ts";

const TIMES = 5;
const CYCLES = 100;
const domains = { ipv4: AF_INET, ipv6: AF_INET6 } as const;
/** NF_INET_* */
const numbers = { "pre-routing": 0, "local-in": 1, forward: 2, "local-out": 3, "post-routing": 4 } as const;

/** Programs of netfilter, for packets of a network namespace of their own. */
export async function checkNetfilter(): Promise<void> {
  const lacking = kernelIsAtLeast([6, 4]) ? undefined : "Linux 6.4 has the first one";
  await checkHook("netfilter", lacking, () => inNetwork(dropPackets));
  for (const [family, hook] of [
    ["ipv4", "pre-routing"],
    ["ipv4", "local-in"],
    ["ipv6", "post-routing"],
  ] as const)
    await checkHook(`netfilter, ${hook} of ${family}`, lacking, () => inNetwork(() => countPackets({ family, hook })));
  const lacksDefragment = kernelIsAtLeast([6, 6]) ? undefined : "Linux 6.6 has the first one";
  await checkHook("netfilter, with fragments put together", lacksDefragment, () => inNetwork(putTogether));
  if (lacking !== undefined) return;
  await check("netfilter's refusals say why", () => inNetwork(refusals));
  await check("netfilter's programs are gone after many cycles", () => inNetwork(cycle));
}

async function inNetwork(run: () => void): Promise<void> {
  await inOwnNetwork(() => {
    switchOn("lo");
    run();
  });
}

function dropPackets(): void {
  using skel = netfilter.load();
  skel.bss.drops = 1;
  talk(AF_INET);
  const link = skel.progs.filter.attachNetfilter({ family: "ipv4", hook: "local-out", priority: -128 });
  const { id: _id, ...info } = link.info();
  assert.deepEqual(info, {
    programId: skel.progs.filter.info().id,
    ...{ type: "netfilter", family: 2, hook: 3, priority: -128, defrag: false },
  });
  for (let i = 0; i < TIMES; i++) assert.throws(() => talk(AF_INET), /^Error: sendto: errno 1$/u);
  // The other family's packets are none of its business.
  talk(AF_INET6);
  assert.deepEqual([skel.bss.hits, skel.bss.hook, skel.bss.family], [TIMES, 3, 2]);
  link.detach();
  talk(AF_INET);
  assert.equal(skel.bss.hits, TIMES);
}

function countPackets({ family, hook }: NetfilterOptions): void {
  using skel = netfilter.load();
  const link = skel.progs.filter.attachNetfilter({ family, hook });
  for (let i = 0; i < TIMES; i++) talk(domains[family]);
  assert.deepEqual([skel.bss.hits, skel.bss.hook], [TIMES, numbers[hook]]);
  link.detach();
  talk(domains[family]);
  assert.equal(skel.bss.hits, TIMES);
}

/** Twice the same datagram of three fragments. */
function putTogether(): void {
  setMtu("lo", 1500);
  const datagram = "x".repeat(4000);
  using skel = netfilter.load();
  const place = { family: "ipv4", hook: "pre-routing" } as const;
  const apart = skel.progs.filter.attachNetfilter(place);
  talk(AF_INET, datagram);
  assert.equal(skel.bss.hits, 3);
  apart.detach();
  const link = skel.progs.filter.attachNetfilter({ ...place, priority: -399, defragment: true });
  const info = link.info();
  assert.ok(info.type === "netfilter" && info.defrag);
  talk(AF_INET, datagram);
  assert.equal(skel.bss.hits, 3 + 1);
  link.detach();
}

function refusals(): void {
  using skel = netfilter.load({ progs: { accept: { autoload: true } } });
  const { filter, accept } = skel.progs;
  const place = { family: "ipv4", hook: "forward" } as const;
  const refusalOf = (options: NetfilterOptions): string => {
    try {
      accept.attachNetfilter(options);
    } catch (error) {
      return (error as CoreGenError).message;
    }
    throw new assert.AssertionError({ message: "it was attached" });
  };
  filter.attachNetfilter({ ...place, priority: 7 });
  const doing = 'attaching program "accept" at forward of ipv4 (netfilter)';
  const failed = `${doing}: bpf(BPF_LINK_CREATE) failed with`;
  assert.equal(refusalOf({ ...place, priority: 7 }), `${failed} EBUSY: a program of priority 7 is there already`);
  assert.equal(
    refusalOf({ ...place, priority: 2 ** 31 - 1 }),
    `${doing}: priority is 2147483647, and not from -2147483647 to 2147483646`,
  );
  if (!kernelIsAtLeast([6, 6])) return;
  assert.equal(
    refusalOf({ ...place, priority: -400, defragment: true }),
    `${failed} ERANGE: with defragment, the priority is above -400, where fragments are put together`,
  );
}

function cycle(): void {
  using skel = netfilter.load();
  for (let i = 0; i < CYCLES; i++)
    skel.progs.filter.attachNetfilter({ family: "ipv4", hook: "local-in", priority: 1 }).detach();
  talk(AF_INET);
  assert.equal(skel.bss.hits, 0);
}
