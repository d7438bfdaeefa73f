import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import type { ProgramVerdict } from "../../src/cli/try-programs.ts";
import { describeWithKernel } from "../support/kernel.ts";

/*
 * `core-gen load` as a user runs it.
 */

const root = join(import.meta.dirname, "../..");
const opencount = join(root, "examples/opencount/opencount.bpf.o");
const main = ["--import", "tsx", join(root, "src/cli/main.ts"), "load"];

let folder: string;
let refused: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-load-"));
  refused = join(folder, "execsnoop.bpf.o");
  // bpf_ringbuf_submit in the place of bpf_ringbuf_reserve.
  const bytes = readFileSync(join(root, "examples/execsnoop/execsnoop.bpf.o"));
  bytes[bytes.indexOf(Uint8Array.of(0x85, 0, 0, 0, 131, 0, 0, 0)) + 4] = 132;
  writeFileSync(refused, bytes);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function load(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...main, ...args], { encoding: "utf8", cwd: root });
  return { status, stdout, stderr };
}

describeWithKernel("core-gen load", {}, () => {
  it("says of each program what the kernel made of it", { timeout: 30_000 }, () => {
    const { status, stdout, stderr } = load(opencount);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^program +verdict +insns +jited +processed +states +peak +stack +µs\n/u);
    expect(stdout).toMatch(/^handle_openat +ok +107 +\d+ +\d+ +\d+ +\d+ +\d+\+\d+ +\d+$/mu);
    expect(stdout).toMatch(/\n1 ok, 0 refused\n$/u);
  });

  it("tries programs that others call, and pins nothing that the object would have pinned", { timeout: 30_000 }, () => {
    expect(load("test/objects/inner-maps.bpf.o").stdout).toMatch(/\n2 ok, 0 refused\n$/u);
    expect(load("test/objects/pinned.bpf.o").stdout).toMatch(/\n1 ok, 0 refused\n$/u);
  });

  it("ends with status 1 when one is refused, with the lines of C and the reason", { timeout: 30_000 }, () => {
    const { status, stdout } = load(refused);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^handle_execve +refused /mu);
    expect(stdout).toMatch(
      /^handle_execve: loading program "handle_execve" .*EACCES: the verifier says: R1 type=map_ptr/mu,
    );
    expect(stdout).toMatch(
      /^ {2}\| ; .*execsnoop\.bpf\.c:23: e = bpf_ringbuf_reserve\(&events, sizeof\(\*e\), 0\);$/mu,
    );
    expect(stdout).toMatch(/^ {2}\| {5}5: \(85\) call bpf_ringbuf_submit#132$/mu);
    expect(stdout).toMatch(/\n0 ok, 1 refused\n$/u);
  });

  it("prints the verifier's log, and JSON", { timeout: 30_000 }, () => {
    expect(load(opencount, "--log").stdout).toMatch(
      /^The verifier's log of handle_openat:\n(?:.*\n)*.*call bpf_ringbuf_reserve#131(?:.*\n)*processed \d+ insns/mu,
    );
    const [verdict, ...others] = JSON.parse(load(opencount, "--json").stdout) as ProgramVerdict[];
    expect(others).toEqual([]);
    expect(verdict).toMatchObject({ program: "handle_openat", verdict: "ok", instructions: 107 });
    expect(verdict?.statistics?.processedInsns).toBe(verdict?.info?.verifiedInsns);
    const [bad] = JSON.parse(load(refused, "--json").stdout) as ProgramVerdict[];
    expect(bad).toMatchObject({ verdict: "refused", error: { code: "verifier" } });
    expect(bad?.log.at(-1)).toMatch(/^processed \d+ insns/u);
  });

  it("takes names of programs, and knows which are near one that is not there", { timeout: 30_000 }, () => {
    expect(load(opencount, "--program", "handle_openat").status).toBe(0);
    const { status, stdout, stderr } = load(opencount, "--program", "handle_open");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(`core-gen: loading ${opencount}: it has no program "handle_open"\n  Near it: handle_openat.\n`);
  });

  it("pins programs and maps as libbpf does, all or none", { timeout: 60_000 }, () => {
    // In a mount namespace of its own. The second time everything is there already, and the refused one changes nothing.
    const script = `mount -t bpf bpf /sys/fs/bpf && mkdir /sys/fs/bpf/theirs
      "$@" ${opencount} --pin /sys/fs/bpf/ours > /dev/null && ls /sys/fs/bpf/ours
      "$@" ${opencount} --pin /sys/fs/bpf/ours > /dev/null; echo "status $?"; ls /sys/fs/bpf/ours
      "$@" ${refused} --pin /sys/fs/bpf/none > /dev/null; echo "status $?"; test -e /sys/fs/bpf/none || echo none
      bpftool prog loadall ${opencount} /sys/fs/bpf/theirs/p pinmaps /sys/fs/bpf/theirs; ls /sys/fs/bpf/theirs`;
    const args = ["--mount", "--propagation", "private", "sh", "-c", script, "sh", process.execPath, ...main];
    const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8", cwd: root });
    const ours = ["handle_openat", "opencoun_bss", "opencoun_rodata", "opens_by_pid", "reports"];
    const theirs = ["opencoun_bss", "opencoun_rodata", "opens_by_pid", "p", "reports"];
    const lines = [...ours, "status 1", ...ours, "status 1", "none", ...theirs];
    expect(stdout).toBe(`${lines.join("\n")}\n`);
    expect(stderr).toMatch(/^core-gen: pinning .* at \/sys\/fs\/bpf\/ours\/\w+: .*EEXIST/mu);
    expect(stderr).toContain("nothing was pinned, because of the programs that are refused");
  });

  it("says what a process without privileges lacks", { timeout: 30_000 }, () => {
    const command = ["--bounding-set=-all", process.execPath, ...main, opencount];
    const { status, stdout } = spawnSync("setpriv", command, { encoding: "utf8", cwd: root });
    expect(status).toBe(1);
    expect(stdout).toContain("  Run it as root, or give the process CAP_BPF and CAP_PERFMON");
  });
});

describeWithKernel("the table of core-gen load", {}, () => {
  it("has the number that bpftool has for the size of the machine code", { timeout: 30_000 }, () => {
    const script =
      'mount -t bpf bpf /sys/fs/bpf && "$@" --pin /sys/fs/bpf/p > /dev/null && bpftool -j prog show pinned /sys/fs/bpf/p/handle_openat';
    const args = [
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      script,
      "sh",
      process.execPath,
      ...main,
      opencount,
    ];
    const theirs = JSON.parse(execFileSync("unshare", args, { encoding: "utf8", cwd: root })) as Record<string, number>;
    const [ours] = JSON.parse(load(opencount, "--json").stdout) as ProgramVerdict[];
    expect([ours?.info?.jitedSize, ours?.info?.xlatedSize]).toEqual([theirs["bytes_jited"], theirs["bytes_xlated"]]);
  });
});
