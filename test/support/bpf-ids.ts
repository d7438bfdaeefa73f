import koffi from "koffi";

/*
 * What the kernel holds, asked for by id: the same calls that `bpftool prog show` makes, without bpftool and without a
 * line of src/runtime, because this is what judges src/runtime.
 */

/** The kinds of object that have ids: the bpf() commands to list and open them, and where `name` is in their info. */
const KINDS = {
  prog: { nextId: 11, fdById: 13, nameAt: 64 },
  map: { nextId: 12, fdById: 14, nameAt: 24 },
  btf: { nextId: 23, fdById: 19, nameAt: undefined },
  link: { nextId: 31, fdById: 30, nameAt: undefined },
} as const;

export type IdKind = keyof typeof KINDS;
export const ID_KINDS: readonly IdKind[] = ["prog", "map", "btf", "link"];

const BPF_OBJ_GET_INFO_BY_FD = 15;
const ENOENT = 2;

type Bpf = (command: number, attr: Uint8Array) => number;
let libc: { readonly bpf: Bpf; readonly close: (fd: number) => number } | undefined;

/** Every id of `kind` in the kernel; throws with the errno's name when bpf() refuses to tell. */
export function listIds(kind: IdKind): number[] {
  const ids: number[] = [];
  const attr = new Uint32Array(4);
  for (;;) {
    attr[0] = ids.at(-1) ?? 0;
    if (bpf(KINDS[kind].nextId, attr) === 0) ids.push(attr[1]!);
    else if (koffi.errno() === ENOENT) return ids;
    else throw new Error(`bpf() can't list ${kind} ids: ${errnoName(koffi.errno())}`);
  }
}

/** "prog 12 handle_execve": for messages, so an object that is gone meanwhile has just no name. */
export function describeId(kind: IdKind, id: number): string {
  const { fdById, nameAt } = KINDS[kind];
  const name = nameAt === undefined ? undefined : readName(fdById, id, nameAt);
  return name === undefined ? `${kind} ${id}` : `${kind} ${id} ${name}`;
}

function readName(fdById: number, id: number, nameAt: number): string | undefined {
  const name = readInfo(fdById, id)?.subarray(nameAt, nameAt + 16);
  return name && (new TextDecoder().decode(name.subarray(0, name.indexOf(0))) || undefined);
}

/** Whether types are the kernel's own or a module's, which come and go with modules (`kernel_btf`, since Linux 5.11). */
export function isOfKernel(btf: number): boolean {
  return (readInfo(KINDS.btf.fdById, btf)?.[28] ?? 0) !== 0;
}

/** The first bytes of `struct bpf_prog_info` and the like; undefined for what is gone. */
function readInfo(fdById: number, id: number): Uint8Array | undefined {
  const fd = bpf(fdById, new Uint32Array([id, 0, 0, 0]));
  if (fd < 0) return undefined;
  const info = new Uint8Array(256);
  const attr = new DataView(new ArrayBuffer(16));
  attr.setUint32(0, fd, true);
  attr.setUint32(4, info.length, true);
  attr.setBigUint64(8, koffi.address(info), true);
  const result = bpf(BPF_OBJ_GET_INFO_BY_FD, attr);
  load().close(fd);
  return result < 0 ? undefined : info;
}

/** Why bpf() is closed to this process, or undefined when it is open. */
export function bpfRefusal(): string | undefined {
  const attr = new Uint32Array(4);
  if (bpf(KINDS.prog.nextId, attr) === 0 || koffi.errno() === ENOENT) return undefined;
  return `bpf() answers ${errnoName(koffi.errno())}: run as root`;
}

/** The bpf() system call with `attr` as its argument: its result, -1 on failure. */
export function bpf(command: number, attr: ArrayBufferView): number {
  return load().bpf(command, new Uint8Array(attr.buffer));
}

function errnoName(errno: number): string {
  return Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

function load(): NonNullable<typeof libc> {
  if (libc === undefined) {
    const library = koffi.load(null);
    const number = ({ x64: 321, arm64: 280 } as Record<string, number>)[process.arch];
    if (number === undefined) throw new Error(`the number of the bpf system call on ${process.arch} is not known here`);
    const syscall = library.func("long syscall(long number, long command, void *attr, long size)");
    libc = {
      bpf: (command, attr) => Number(syscall(number, command, attr, attr.byteLength)),
      close: library.func("int close(int fd)") as (fd: number) => number,
    };
  }
  return libc;
}
