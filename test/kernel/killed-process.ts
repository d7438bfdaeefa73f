import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { queryTc, queryXdp } from "../../src/runtime/index.ts";
import { queryCgroup } from "../../src/runtime/links/cgroup-query.ts";
import { addAddress, makePair } from "../support/devices.ts";
import { listIds } from "../support/bpf-ids.ts";
import { leftovers, takeStock } from "../support/leftovers.ts";
import { inOwnNetwork } from "../support/own-network.ts";
import { makeCgroup } from "../support/own-cgroup.ts";
import { askedTo, type Asked, type Said } from "./attach-everything.ts";

/** What was there while the process lived, and after it was killed. */
export interface Killed {
  readonly said: Said;
  /** How many programs and links it had. */
  readonly held: Readonly<Record<"programs" | "links", number>>;
  /** What the kernel still has of them, one line each. */
  readonly left: readonly string[];
  /** How many programs are attached without a link: XDP, tc, cgroup. */
  readonly legacy: readonly [before: readonly number[], after: readonly number[]];
}

/** Starts a process with `node`'s arguments, which runs attach-everything.ts, and ends it by a signal when it has attached. */
export async function killWhileAttached(
  node: readonly string[],
  what: Asked["what"],
  signal: NodeJS.Signals,
): Promise<Killed> {
  using cgroup = makeCgroup();
  let killed: Killed | undefined;
  await inOwnNetwork(async () => {
    makePair("veth", "one", "two");
    addAddress("one", "10.1.1.1");
    const before = takeStock();
    const [programs, links] = [listIds("prog").length, listIds("link").length];
    const legacyNow = (): readonly number[] => [
      queryXdp("two").length,
      queryTc("two", "ingress").length,
      queryCgroup({ cgroup: cgroup.path, attachType: "cgroup_inet4_connect" }).programIds.length,
    ];
    const env = { ...process.env, ...askedTo({ what, cgroup: cgroup.path }) };
    const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"], env });
    try {
      const said = await readLine(child.stdout);
      const held = { programs: listIds("prog").length - programs, links: listIds("link").length - links };
      const whileAttached = legacyNow();
      child.kill(signal);
      await once(child, "exit");
      const left = what === "links" || signal !== "SIGKILL" ? await leftovers(before) : [];
      killed = { said: JSON.parse(said) as Said, held, left, legacy: [whileAttached, legacyNow()] };
    } finally {
      child.kill("SIGKILL");
    }
  });
  assert.ok(killed !== undefined);
  return killed;
}

async function readLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error(`the process ended before it had attached: ${text}`);
}
