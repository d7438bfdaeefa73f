import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { SYS_FSCONFIG } from "../../src/runtime/sys/arch.ts";
import { withAddress } from "../../src/runtime/sys/bpf.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";

const child = fileURLToPath(new URL("token-child.ts", import.meta.url));
// Younger than the common numbering, the same on every architecture.
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

/** What the host does for a container: only root may delegate. */
function delegate(pid: number, context: number): void {
  using process = new Fd(checked(libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0)), "the child");
  using fs = new Fd(checked(libc().syscall(SYS_PIDFD_GETFD, process.number, context, 0)), "the child's context");
  for (const what of ["delegate_cmds", "delegate_maps", "delegate_progs", "delegate_attachs"]) set(fs, what, "any");
  checked(libc().syscall5(SYS_FSCONFIG, fs.number, FSCONFIG_CMD_CREATE, 0, 0, 0));
}

function set(fs: Fd, option: string, value: string): void {
  const [key, text] = [Buffer.from(`${option}\0`), Buffer.from(`${value}\0`)];
  const call = (at: number): number =>
    withAddress(text, (address) => libc().syscall5(SYS_FSCONFIG, fs.number, FSCONFIG_SET_STRING, at, address, 0), [
      key,
      text,
    ]);
  checked(withAddress(key, call));
}

function checked(result: number): number {
  if (result < 0) throw new Error(`the system call failed with errno ${-result}`);
  return result;
}

async function lineOf(container: ChildProcess): Promise<Record<string, unknown>> {
  const [data] = (await once(container.stdout!, "data")) as [Buffer];
  return JSON.parse(data.toString()) as Record<string, unknown>;
}

describeWithKernel(
  "a BPF token",
  { kernelLacks: () => (kernelIsAtLeast([6, 9]) ? undefined : "BPF tokens came with Linux 6.9") },
  () => {
    it("lets a container load to which its host has delegated bpf()", { timeout: 60_000 }, async () => {
      const command = ["--user", "--map-root-user", "--mount", process.execPath, "--import", "tsx", child];
      const container = spawn("unshare", command, { stdio: ["pipe", "pipe", "inherit"] });
      const { context } = await lineOf(container);
      delegate(container.pid!, context as number);
      container.stdin.write("go\n");
      expect(await lineOf(container)).toEqual({
        mount: expect.any(Number) as number,
        without: expect.stringMatching(/bpf\(BPF_MAP_CREATE\) failed with EPERM/u) as string,
        with: "loaded, 0 warnings, shared[7] is 1",
        again: "loaded, 0 warnings, shared[7] is 2",
        probed: [false, true],
        structOps: [expect.stringMatching(/EPERM/u), "loaded"],
      });
      await once(container, "exit");
    });

    it("that was asked for must be there", () => {
      using bpffs = mountBpffs();
      expect(thrownBy(() => pinned.load({ tokenPath: bpffs.path, pinRoot: bpffs.path })).message).toMatch(
        /^creating a BPF token from \/proc\/self\/fd\/\d+: bpf\(BPF_TOKEN_CREATE\) failed with EOPNOTSUPP: this process is not in a user namespace/u,
      );
      expect(thrownBy(() => pinned.load({ tokenPath: "/tmp/nope", pinRoot: bpffs.path })).message).toBe(
        "creating a BPF token from /tmp/nope: it can't be opened",
      );
    });
  },
);
