import { execFileSync } from "node:child_process";

import type { Settings } from "core-gen/runtime";
import { packets, type Packets, type PacketsBss, type PacketsShape } from "../../objects/packets.skel.ts";
import { addAddress, makePair } from "../../support/devices.ts";
import { inOwnNetwork, sendUdp } from "../../support/own-network.ts";

/** What a test of a hook of an interface works with. */
export interface Veth {
  readonly skel: Packets;
  /** Sends so many packets from device "one" to device "two". */
  readonly send: (count: number) => void;
  readonly hits: (counter: keyof PacketsBss) => number;
}

/**
 * Runs a test in a network of its own, with the devices "one" and "two", which are connected, and test/objects/packets
 * loaded.
 */
export async function onVeth(
  test: (veth: Veth) => void | Promise<void>,
  settings: Settings<PacketsShape> = {},
): Promise<void> {
  await inOwnNetwork(async () => {
    makePair("veth", "one", "two");
    addAddress("one", "10.1.1.1");
    using skel = packets.load(settings);
    const send = (count: number): void => {
      for (let i = 0; i < count; i++) sendUdp("10.1.1.255", "neg-packet");
    };
    await test({ skel, send, hits: (counter) => Number(skel.bss[counter]) });
  });
}

/** What a command prints, in the network namespace that the test is in. */
export function output(command: string): string {
  const [file = "", ...args] = command.split(" ");
  return execFileSync(file, args, { encoding: "utf8" });
}

/** The id of a loaded program, from /proc: not by our own words. */
export function programId(program: { readonly fd: number }): number {
  const info = execFileSync("cat", [`/proc/${process.pid}/fdinfo/${program.fd}`], { encoding: "utf8" });
  return Number(/^prog_id:\t(\d+)$/mu.exec(info)?.[1]);
}
