import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWithKernel } from "../support/kernel.ts";
import { answersOfGuide } from "../kernels/guide.ts";

/*
 * What the CO-RE guide's fragments answer on this kernel, beside what bpftool reads in its BTF. What they answer about the
 * process is compared under every kernel: test/kernels/guide.ts.
 */

const BPFTOOL = ["/usr/sbin/bpftool", "/usr/local/sbin/bpftool"].find((path) => existsSync(path));

interface BpftoolType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly type_id?: number;
  readonly nr_elems?: number;
  readonly members?: readonly { readonly name: string; readonly type_id: number }[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
}

describeWithKernel(
  "the fragments of the CO-RE guide",
  { kernelLacks: () => (BPFTOOL === undefined ? "bpftool is not installed" : undefined) },
  () => {
    it("answer what the kernel's BTF says", () => {
      const { types } = JSON.parse(
        execFileSync(BPFTOOL ?? "", ["-j", "btf", "dump", "file", "/sys/kernel/btf/vmlinux"], {
          encoding: "utf8",
          maxBuffer: 1 << 30,
        }),
      ) as { types: readonly BpftoolType[] };
      const find = (kind: string, name: string): BpftoolType | undefined =>
        types.find((type) => type.kind === kind && type.name === name);
      const task = find("STRUCT", "task_struct");
      const member = (name: string): BpftoolType | undefined =>
        types.find(({ id }) => id === task?.members?.find((one) => one.name === name)?.type_id);
      const states = new Map(find("ENUM", "tcp_ca_state")?.values?.map(({ name, val }) => [name, val]));
      expect(answersOfGuide()).toMatchObject({
        task_struct_id: task?.id,
        comm_size: member("comm")?.nr_elems,
        has_mempolicy: member("mempolicy") !== undefined,
        has_thread_pid: member("thread_pid") !== undefined,
        has_some_field: member("some_field") !== undefined,
        has_io_uring_task: find("STRUCT", "io_uring_task") !== undefined,
        has_new_name: find("STRUCT", "new_name") !== undefined,
        tcp_ca_open: states.get("TCP_CA_Open"),
        tcp_ca_loss: states.get("TCP_CA_Loss"),
      });
      expect(find("ENUM", "tcp_state")).toBeUndefined();
    });
  },
);
