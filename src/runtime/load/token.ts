import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { DEFAULT_PIN_ROOT } from "../kernel/bpffs.ts";
import { kernelIsAtLeast } from "../kernel/release.ts";
import { Attr, bpf, BPF_TOKEN_CREATE, type Meanings, bpfFailure } from "../sys/bpf.ts";
import { EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { logEvent, type OnLog } from "./log-events.ts";

/**
 * The privilege to use bpf() that a container's host has delegated to the container's BPF file system (Linux 6.9);
 * undefined where there is none (libbpf: `bpf_object_prepare_token`).
 *
 * `path` is where that is mounted; the environment variable LIBBPF_BPF_TOKEN_PATH counts when it is left out, and ""
 * means that none is wanted. Only one that was named must work: of /sys/fs/bpf, nobody says that it delegates anything.
 */
export function openToken(
  path: string | undefined = process.env["LIBBPF_BPF_TOKEN_PATH"],
  { object, onLog }: TokenLog = {},
): Fd | undefined {
  if (path === "" || (path === undefined && !mayNeedOne())) return undefined;
  const from = path ?? DEFAULT_PIN_ROOT;
  const result = createToken(from);
  if (typeof result === "number" && result >= 0) return created(result, from, onLog);
  if (path === undefined) {
    const errno = typeof result === "number" ? -result : ENOENT;
    logEvent(onLog, { kind: "token-skipped", object: object ?? "", path: from, errno });
    return undefined;
  }
  const doing = `creating a BPF token from ${path}`;
  if (typeof result !== "number")
    throw new CoreGenError("bad-input", `${doing}: it can't be opened`, { cause: result });
  const [errno, meaning] = [-result, meanings.get(-result)];
  throw bpfFailure({ doing, command: BPF_TOKEN_CREATE, errno, meaning, hints: HINTS });
}

/** Who is told, and for which object. */
interface TokenLog {
  readonly object?: string;
  readonly onLog?: OnLog | undefined;
}

function created(number: number, path: string, onLog: OnLog | undefined): Fd {
  const token = new Fd(number, "the BPF token");
  try {
    logEvent(onLog, { kind: "token-created", path });
    return token;
  } catch (error) {
    token.close();
    throw error;
  }
}

/** Outside of user namespaces the kernel gives none out. */
function mayNeedOne(): boolean {
  return kernelIsAtLeast([6, 9]) && !/^\s*0\s+0\s+4294967295\s*$/u.test(readFileSync("/proc/self/uid_map", "utf8"));
}

/** The descriptor, or minus errno, or why the folder can't be opened. */
function createToken(path: string): number | Error {
  let folder: number;
  try {
    folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    return cause as Error;
  }
  try {
    return bpf(BPF_TOKEN_CREATE, new Attr(8).u32(4, folder));
  } finally {
    closeSync(folder);
  }
}

const meanings: Meanings = new Map([
  [EINVAL, "this is no BPF file system, or the kernel has no BPF tokens (Linux 6.9)"],
  [ENOENT, "nothing is delegated to this BPF file system"],
  [EOPNOTSUPP, "this process is not in a user namespace, and does not need a token"],
  [EPERM, "the BPF file system belongs to another user namespace, or the process has no CAP_BPF in its own"],
]);

const HINTS = [
  "Whoever makes the container mounts its BPF file system with delegate_cmds, delegate_maps, delegate_progs and delegate_attachs.",
];
