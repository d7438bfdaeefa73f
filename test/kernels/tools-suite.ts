/*
 * bcc's libbpf-tools, as Debian compiles them, with modules that the generator made of their objects: each is attached,
 * what it watches is triggered, and what it says is compared with somebody else: `npm run test:kernels -- --suite tools`.
 * Needs `npm run referee:build`. Each file in tools/ has a group.
 */
import assert from "node:assert/strict";

import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { checkMachine } from "./machine.ts";
import { checkBlocks, type BlockTools } from "./tools/blocks.ts";
import { checkConnections, type ConnectionTools } from "./tools/connections.ts";
import { checkFiles, type FileTools } from "./tools/files.ts";
import { checkInterrupts, type InterruptTools } from "./tools/interrupts.ts";
import { checkProcesses, type ProcessTools } from "./tools/processes.ts";
import { checkScheduler, type SchedulerTools } from "./tools/scheduler.ts";
import { checkTcp, type TcpTools } from "./tools/tcp.ts";

export type Tools = BlockTools &
  ConnectionTools &
  ProcessTools &
  FileTools &
  InterruptTools &
  SchedulerTools &
  TcpTools;

/** Checks all of them. What make-skeletons.ts writes calls this. */
export async function checkTools(tools: Tools): Promise<void> {
  await checkMachine();
  const before = takeStock();
  await checkScheduler(tools);
  await checkInterrupts(tools);
  await checkBlocks(tools);
  await checkFiles(tools);
  await checkTcp(tools);
  await checkConnections(tools);
  await checkProcesses(tools);
  await check("nothing is left behind", async () => {
    assert.deepEqual(await leftovers(before), []);
  });
  finish();
}
