import { mapTypes, programTypes, type MapTypeName } from "../../src/object/bpf-enums.ts";
import { CloseStack } from "../../src/runtime/close-stack.ts";
import type { MapHandle } from "../../src/runtime/maps/bpf-map.ts";
import { Attr, bpf, BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_PROG_TEST_RUN, bpfOrThrow } from "../../src/runtime/sys/bpf.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapUpdate } from "../../src/runtime/sys/map-ops.ts";

/** A map that the test made itself, with what its class is constructed from. */
export interface HandMadeMap extends MapHandle {
  /** Ends the readers and closes the map, as a skeleton does. */
  close(): void;
  [Symbol.dispose](): void;
}

export function makeMapByHand(
  kind: MapTypeName,
  sizes: { keySize?: number; valueSize?: number; maxEntries: number; flags?: number },
): HandMadeMap {
  const { keySize = 0, valueSize = 0, maxEntries, flags = 0 } = sizes;
  const attr = new Attr(44)
    .u32(0, mapTypes.indexOf(kind))
    .u32(4, keySize)
    .u32(8, valueSize)
    .u32(12, maxEntries)
    .u32(16, flags)
    .name(28, "hand_made");
  const fd = new Fd(bpfOrThrow(BPF_MAP_CREATE, attr, `creating a ${kind}`), 'map "hand_made"');
  const readers = new CloseStack();
  const close = (): void => {
    readers.close();
    fd.close();
  };
  return { name: "hand_made", kind, fd, keySize, valueSize, maxEntries, readers, close, [Symbol.dispose]: close };
}

type Step = readonly [code: number, dst: number, src: number, offset: number, imm: number];

const [R0, R1, R2, R3, R4, R6, R10] = [0, 1, 2, 3, 4, 6, 10];
const callMapLookup = 1;
const callRingbufOutput = 130;
const callRingbufReserve = 131;
const callRingbufDiscard = 133;
const largestRecord = 1024;

function insns(steps: readonly Step[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(steps.length * 8));
  steps.forEach(([code, dst, src, offset, imm], i) => {
    view.setUint8(i * 8, code);
    view.setUint8(i * 8 + 1, (src << 4) | dst);
    view.setInt16(i * 8 + 2, offset, true);
    view.setInt32(i * 8 + 4, imm, true);
  });
  return new Uint8Array(view.buffer);
}

/** `ld_imm64 dst = map` (BPF_PSEUDO_MAP_FD), two slots. */
function loadMap(dst: number, fd: number): Step[] {
  return [
    [0x18, dst, 1, 0, fd],
    [0, 0, 0, 0, 0],
  ];
}

/**
 * Sends what lies in element 0 of an array: `return bpf_ringbuf_output(ring, element + 8, *(u32 *)element, 0)`, the size
 * being at most {@link largestRecord}.
 */
function sendingProgram(ring: number, array: number): Uint8Array {
  return insns([
    [0x62, R10, 0, -4, 0],
    ...loadMap(R1, array),
    [0xbf, R2, R10, 0, 0],
    [0x07, R2, 0, 0, -4],
    [0x85, 0, 0, 0, callMapLookup],
    [0x15, R0, 0, 10, 0],
    [0xbf, R6, R0, 0, 0],
    [0x61, R3, R6, 0, 0],
    [0xb7, R0, 0, 0, -7],
    [0x25, R3, 0, 6, largestRecord],
    ...loadMap(R1, ring),
    [0xbf, R2, R6, 0, 0],
    [0x07, R2, 0, 0, 8],
    [0xb7, R4, 0, 0, 0],
    [0x85, 0, 0, 0, callRingbufOutput],
    [0x95, 0, 0, 0, 0],
  ]);
}

/** `void *r = bpf_ringbuf_reserve(map, 16, 0); if (r) bpf_ringbuf_discard(r, 0); return 0` */
function discardingProgram(map: number): Uint8Array {
  return insns([
    ...loadMap(R1, map),
    [0xb7, R2, 0, 0, 16],
    [0xb7, R3, 0, 0, 0],
    [0x85, 0, 0, 0, callRingbufReserve],
    [0x15, R0, 0, 3, 0],
    [0xbf, R1, R0, 0, 0],
    [0xb7, R2, 0, 0, 0],
    [0x85, 0, 0, 0, callRingbufDiscard],
    [0xb7, R0, 0, 0, 0],
    [0x95, 0, 0, 0, 0],
  ]);
}

/** Sends records into a ring buffer from a program in the kernel, when the test says so. Linux 5.14. */
export class RingSender {
  readonly #record: HandMadeMap;
  readonly #send: Fd;
  readonly #discard: Fd;

  constructor(ring: HandMadeMap) {
    this.#record = makeMapByHand("array", { keySize: 4, valueSize: 8 + largestRecord, maxEntries: 1 });
    this.#send = loadSyscallProgram(sendingProgram(ring.fd.number, this.#record.fd.number));
    this.#discard = loadSyscallProgram(discardingProgram(ring.fd.number));
  }

  /** False when the ring has no room. */
  send(record: Uint8Array): boolean {
    const element = new Uint8Array(8 + largestRecord);
    new Uint32Array(element.buffer, 0, 1)[0] = record.length;
    element.set(record, 8);
    mapUpdate(this.#record.fd, new Uint8Array(4), element);
    return run(this.#send) === 0;
  }

  discard(): void {
    run(this.#discard);
  }

  [Symbol.dispose](): void {
    this.#send.close();
    this.#discard.close();
    this.#record.close();
  }
}

function loadSyscallProgram(code: Uint8Array): Fd {
  const BPF_F_SLEEPABLE = 0x10;
  const log = Buffer.alloc(16 * 1024);
  const attr = new Attr(48)
    .u32(0, programTypes.indexOf("syscall"))
    .u32(4, code.length / 8)
    .pointer(8, code)
    .text(16, "GPL")
    .u32(24, 1)
    .u32(28, log.length)
    .pointer(32, log)
    .u32(44, BPF_F_SLEEPABLE);
  const fd = bpf(BPF_PROG_LOAD, attr);
  if (fd < 0) throw new Error(`the test program was refused: ${fd}\n${log.subarray(0, log.indexOf(0)).toString()}`);
  return new Fd(fd, "test program");
}

/** Runs a program once and returns what it returned, as an int. */
function run(program: Fd): number {
  const attr = new Attr(80).u32(0, program.number);
  bpfOrThrow(BPF_PROG_TEST_RUN, attr, "running a test program");
  return attr.getU32(4) | 0;
}
