import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { describeWithKernel } from "../support/kernel.ts";

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const app = [process.execPath, "--import", "tsx", file("examples/execsnoop/main.ts")];
const demo = [process.execPath, "--import", "tsx", file("scripts/demo.ts")];

/** Without any capability, whoever the user is. */
const unprivileged = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
/** Where /sys/kernel/btf is empty: a kernel that was built without its types. */
const withoutBtf = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /sys/kernel/btf && exec "$0" "$@"'];

function run([command = "", ...args]: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(command, args, { encoding: "utf8", cwd: file("."), timeout: 60_000 });
}

describeWithKernel("on a machine that can't run it", {}, () => {
  it("the app says which privilege is missing, and ends with status 1", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run([...unprivileged, ...app]);
    expect(stderr).toMatch(/KernelError: creating map "events" .*failed with EPERM: operation not permitted/u);
    expect(stderr).toContain("Run it as root, or give the process CAP_BPF and CAP_PERFMON");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("the app says that the kernel has no types, and ends with status 1", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run([...withoutBtf, ...app]);
    expect(stderr).toMatch(/CoreGenError: looking for the types of the running kernel .*: none found/u);
    expect(stderr).toContain("CONFIG_DEBUG_INFO_BTF=y");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("the demo shows what is possible without privileges, and says what is missing", { timeout: 60_000 }, () => {
    const { status, stdout } = run([...unprivileged, ...demo]);
    expect(stdout).toContain("export interface Event {");
    expect(stdout).toMatch(/task_struct\.tgid: \d+ -> \d+ \(.*execsnoop\.bpf\.c:28\)/u);
    expect(stdout).toContain("CAP_BPF");
    expect(status).toBe(0);
  });
});
