import { readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";

const FOLDER = "/sys/devices/system/cpu";

let possible: number | undefined;

/**
 * How many CPUs this machine can have: per-CPU maps have a value for each of them, running or not.
 * Read once; it does not change while the machine runs (libbpf: `libbpf_num_possible_cpus`).
 */
export function possibleCpus(): number {
  return (possible ??= readCpus("possible").length);
}

/** The numbers of the CPUs that are running now. */
export function onlineCpus(): number[] {
  return readCpus("online");
}

function readCpus(file: string): number[] {
  const path = `${FOLDER}/${file}`;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CoreGenError("kernel", `counting the CPUs: ${path} can't be read`, {
      cause,
      hints: ["Is /sys mounted?"],
    });
  }
  return parseCpuList(text, path);
}

/** The numbers in a list of the kernel's: `0-3,8` is `[0, 1, 2, 3, 8]`. `what` names the text in errors. */
export function parseCpuList(text: string, what: string): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((part) => {
      const match = /^(\d+)(?:-(\d+))?$/u.exec(part);
      if (match === null)
        throw new CoreGenError("kernel", `${what}: "${part}" in "${text.trim()}" is no range of CPUs`);
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
    });
}
