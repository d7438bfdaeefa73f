/* Every way to attach, seen firing under one kernel; run.ts makes a table of it. Each file in hooks/ has a group. */
import assert from "node:assert/strict";

import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { checkCgroups } from "./hooks/cgroup.ts";
import { checkFreplace } from "./hooks/freplace.ts";
import { checkFunctions } from "./hooks/functions.ts";
import { checkLirc } from "./hooks/lirc.ts";
import { checkNet } from "./hooks/net.ts";
import { checkIterators } from "./hooks/iterators.ts";
import { checkSockets } from "./hooks/sockets.ts";
import { checkUsdt } from "./hooks/usdt.ts";
import { checkNetfilter } from "./hooks/netfilter.ts";
import { checkTracing } from "./hooks/tracing.ts";
import { checkMachine } from "./machine.ts";

await checkMachine();

const before = takeStock();

await checkFunctions();
await checkNet();
await checkSockets();
await checkIterators();
await checkUsdt();
await checkTracing();
await checkCgroups();
await checkFreplace();
await checkNetfilter();
await checkLirc();

await check("nothing is left behind", async () => {
  assert.deepEqual(await leftovers(before), []);
});

finish();
