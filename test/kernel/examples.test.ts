import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

import { addAddress, makePair } from "../support/devices.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeCgroup } from "../support/own-cgroup.ts";
import { inOwnNetwork, sendUdp } from "../support/own-network.ts";

/*
 * The apps of examples/, run as their READMEs say, and what they print compared with what was done or with /proc.
 */

const root = join(import.meta.dirname, "../..");

/** An example's app, running. */
class App {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  #stdout = "";
  #stderr = "";

  constructor(example: string, ...args: string[]) {
    const command = ["--import", "tsx", join(root, "examples", example, "main.ts"), ...args];
    this.#child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.#exit = once(this.#child, "close");
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits until it has printed this; fails with all that it said when it ends without. */
  async prints(what: string | RegExp): Promise<void> {
    while (typeof what === "string" ? !this.#stdout.includes(what) : !what.test(this.#stdout)) {
      if (this.#child.exitCode !== null) throw new Error(`it never printed ${what}: ${this.#stdout}${this.#stderr}`);
      await sleep(20);
    }
  }

  /** Ends it as Ctrl-C does, and gives its output's lines. */
  async stop(): Promise<string[]> {
    this.#child.kill("SIGINT");
    return this.ended();
  }

  async ended(): Promise<string[]> {
    const [status] = await this.#exit;
    expect({ status, stderr: this.#stderr.replace(/^\d+ samples .*\n/u, "") }).toEqual({ status: 0, stderr: "" });
    return this.#stdout.trimEnd().split("\n");
  }
}

describeWithKernel("the examples", {}, () => {
  it("opensnoop prints what is opened, and what came of it", { timeout: 60_000 }, async () => {
    const app = new App("opensnoop", String(process.pid));
    await app.prints("FILE\n");
    const fd = openSync("/etc/passwd", "r");
    closeSync(fd);
    expect(() => openSync("/no/such/file", "r")).toThrow("ENOENT");
    await app.prints("/no/such/file");
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    const lines = (await app.stop()).map((line) => line.split(/ {2,}| /u));
    expect(lines).toContainEqual([String(process.pid), comm, String(fd), "/etc/passwd"]);
    expect(lines).toContainEqual([String(process.pid), comm, "ENOENT", "/no/such/file"]);
  });

  it.each(["127.0.0.1", "::1"])("tcplife prints a connection to %s", { timeout: 60_000 }, async (host) => {
    const app = new App("tcplife");
    await app.prints("MS\n");
    const server = createServer((socket) => {
      socket.resume();
      socket.on("end", () => socket.end(Buffer.alloc(3000)));
    });
    server.listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = connect(port, host).resume();
    await once(client, "connect");
    const own = client.localPort!;
    client.end(Buffer.alloc(5000));
    await once(client, "close");
    server.close();
    const shown = host === "::1" ? "[::1]" : host;
    await app.prints(new RegExp(`${shown.replaceAll(/[[\].]/gu, "\\$&")}:${own} .*\n`, "u"));
    const lines = (await app.stop()).map((line) => line.trim().split(/\s+/u));
    const line = lines.find(([, , local]) => local === `${shown}:${own}`)!;
    expect(line.slice(3, 4)).toEqual([`${shown}:${port}`]);
    // SYN and FIN are acknowledged as a byte each.
    expect(Number(line[4])).toBeGreaterThanOrEqual(5000);
    expect(Number(line[4])).toBeLessThanOrEqual(5002);
    expect([3000, 3001]).toContain(Number(line[5]));
  });

  it("xdp-counter counts the packets of an interface", { timeout: 60_000 }, async () => {
    await inOwnNetwork(async () => {
      makePair("veth", "one", "two");
      addAddress("one", "10.1.1.1");
      const app = new App("xdp-counter", "two");
      await app.prints(/packets\/s[^]*icmp.*\n/u);
      for (let i = 0; i < 100; i++) sendUdp("10.1.1.255", "packet");
      await app.prints(/^udp .* 100$/mu);
      await app.stop();
    });
  });

  it("egress-guard stops what is not allowed, and nothing else", { timeout: 60_000 }, async () => {
    using cgroup = makeCgroup();
    const app = new App("egress-guard", cgroup.path, "127.0.0.1/32");
    await app.prints("guarding");
    const receiver = createSocket("udp4");
    const received: string[] = [];
    receiver.on("message", (message) => received.push(message.toString()));
    receiver.bind(0, "0.0.0.0");
    await once(receiver, "listening");
    const { port } = receiver.address();
    const script = `
      require("fs").writeFileSync(${JSON.stringify(join(cgroup.path, "cgroup.procs"))}, String(process.pid));
      const socket = require("dgram").createSocket("udp4");
      const send = (to) => new Promise((done) => socket.send(to, ${port}, to, () => done()));
      send("127.1.2.3").then(() => send("127.0.0.1")).then(() => socket.close());`;
    execFileSync(process.execPath, ["-e", script]);
    await app.prints(`stopped udp to 127.1.2.3:${port}\n`);
    const lines = await app.stop();
    receiver.close();
    expect(received).toEqual(["127.0.0.1"]);
    expect(lines.at(-1)).toBe("1 packets passed, 1 were stopped");
  });

  it("profile takes as many samples as a process has CPU time", { timeout: 60_000 }, async () => {
    const busy = spawn(process.execPath, ["-e", "for (;;);"]);
    await once(busy, "spawn");
    try {
      const app = new App("profile", "4", String(busy.pid));
      const lines = await app.ended();
      expect(lines.every((line) => /^\S.*-\d+;.* \d+$/u.test(line))).toBe(true);
      expect(lines.every((line) => line.startsWith(`node-${busy.pid};`) || line.includes(`-${busy.pid};`))).toBe(true);
      const samples = lines.reduce((sum, line) => sum + Number(/\d+$/u.exec(line)?.[0]), 0);
      // In ticks of 10 ms, from its start on: the samples are of some part of that time.
      const [, stat = ""] = readFileSync(`/proc/${busy.pid}/stat`, "utf8").split(") ");
      const [utime, stime] = stat.split(" ").slice(11, 13).map(Number);
      expect(samples).toBeGreaterThan(20);
      expect(samples).toBeLessThanOrEqual((utime! + stime!) * 1.1 + 10);
    } finally {
      busy.kill("SIGKILL");
    }
  });

  it("tasks lists the processes that /proc lists", { timeout: 60_000 }, async () => {
    const before = processes();
    const lines = (await new App("tasks").ended()).slice(1).map((line) => line.trim().split(/\s+/u));
    const after = processes();
    const listed = new Map(lines.map(([, pid, ppid, uid, , , , ...comm]) => [Number(pid), { ppid, uid, comm }]));
    const lasting = before.filter((pid) => after.includes(pid));
    expect(lasting.filter((pid) => !listed.has(pid))).toEqual([]);
    expect(listed.get(process.pid)).toMatchObject({
      ppid: String(process.ppid),
      uid: String(process.getuid!()),
      comm: [readFileSync("/proc/self/comm", "utf8").trim()],
    });
  });
});

/** A sandbox may keep a process of its own, the first, out of what programs see; nobody may ask of its namespaces either. */
function processes(): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
  return all.filter(hasNamespaces).map(Number);
}

function hasNamespaces(pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) !== "";
  } catch {
    return false;
  }
}
