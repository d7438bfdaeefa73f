import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { execsnoop } from "../../examples/execsnoop/execsnoop.skel.ts";
import { opencount } from "../../examples/opencount/opencount.skel.ts";
import { leftovers, takeStock } from "../support/leftovers.ts";
import { describeWithKernel } from "../support/kernel.ts";

const main = fileURLToPath(new URL("../../examples/execsnoop/main.ts", import.meta.url));

/** Starts the example as a user does; resolves when it prints, that is when its program is attached. */
async function startExample(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", main], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => {
      resolve();
    });
    child.once("exit", (status) => {
      reject(new Error(`the example ended with status ${String(status)} before it had printed anything`));
    });
  });
  return child;
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<{ status: number | null; signal: string | null }> {
  child.kill(signal);
  return new Promise((resolve) =>
    child.once("exit", (status, by) => {
      resolve({ status, signal: by });
    }),
  );
}

// Each test fails when a program, map, link, pin or descriptor is left (describeWithKernel takes stock before and after).
describeWithKernel("nothing is left behind", {}, () => {
  it("when the process is killed", { timeout: 60_000 }, async () => {
    const before = takeStock();
    const child = await startExample();
    expect(await leftovers(before)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^prog \d+ handle_execve$/u)]),
    );
    expect(await end(child, "SIGKILL")).toEqual({ status: null, signal: "SIGKILL" });
  });

  it("when the process is interrupted, which ends it well", { timeout: 60_000 }, async () => {
    const child = await startExample();
    expect(await end(child, "SIGINT")).toEqual({ status: 0, signal: null });
  });

  it("when the loop throws", async () => {
    const failing = async (): Promise<void> => {
      using skel = execsnoop.load();
      skel.attach();
      spawn("/bin/true");
      for await (const event of skel.maps.events) throw new Error(`seen: ${event.filename}`);
    };
    await expect(failing()).rejects.toThrow(/^seen: /u);
  });

  it("when the loop breaks, and a second loop goes on", async () => {
    using skel = execsnoop.load();
    skel.attach();
    for (let round = 0; round < 3; round++) {
      spawn("/bin/true");
      for await (const { filename } of skel.maps.events) {
        if (filename === "/bin/true") break;
      }
    }
  });

  it("when closing while a loop waits, which ends the loop", async () => {
    const skel = execsnoop.load();
    const loop = (async () => {
      let events = 0;
      for await (const { pid } of skel.maps.events) events += pid > 0 ? 1 : 0;
      return `ended after ${events} events`;
    })();
    await new Promise((resolve) => setTimeout(resolve, 50));
    skel.close();
    skel.close();
    expect(await loop).toBe("ended after 0 events");
    expect(() => {
      skel.attach();
    }).toThrow(/closed/u);
  });

  it("when loading fails half way", () => {
    const opened = opencount.open();
    // The ring buffer is created after the hash, and the kernel has no room for one of 2 GB + 1 page and its like.
    opened.maps.reports.maxEntries = 0x8000_0001;
    expect(() => opened.load()).toThrow(/reports/u);
  });

  it("when a skeleton is loaded and closed 200 times", { timeout: 60_000 }, () => {
    for (let round = 0; round < 200; round++) {
      using skel = execsnoop.load();
      skel.attach();
    }
  });
});
