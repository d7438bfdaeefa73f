import { CoreGenError } from "../../../errors.ts";
import { encodeUsdtSpec } from "../../../object/usdt/spec.ts";
import { KernelError } from "../../errors.ts";
import type { UsdtTarget } from "../../kernel/usdt-file.ts";
import type { LoadedMap, LoadedProgram } from "../../load/types.ts";
import { hostIsLittleEndian } from "../../memory.ts";
import { EEXIST } from "../../sys/errno.ts";
import { mapDelete, mapUpdate } from "../../sys/map-ops.ts";
import { specIdsOf, type SpecIds } from "./spec-ids.ts";

const BPF_NOEXIST = 1;

/**
 * What one link has told the program through the maps of `usdt.bpf.h`: where arguments are, by an id that comes as the
 * cookie of the probe; on kernels without cookies by an id that is looked up by the address of the probe.
 */
export class UsdtMaps {
  readonly #specs: LoadedMap;
  readonly #byAddress: LoadedMap;
  readonly #ids: SpecIds;
  /** Places of a link that have their arguments in the same places share an id. */
  readonly #idByText = new Map<string, number>();
  readonly #addresses: bigint[] = [];
  readonly #cookie: bigint;
  readonly #what: string;

  /** Throws a `CoreGenError` with code `bad-object` when the program's object doesn't include `usdt.bpf.h`. */
  constructor({ maps }: LoadedProgram, cookie: bigint, what: string) {
    const specs = maps.get("__bpf_usdt_specs");
    const byAddress = maps.get("__bpf_usdt_ip_to_spec_id");
    if (specs === undefined || byAddress === undefined) {
      throw new CoreGenError("bad-object", `attaching ${what}: its object does not have the maps for USDT probes`, {
        hints: ["Its source must have: #include <bpf/usdt.bpf.h>"],
      });
    }
    this.#specs = specs;
    this.#byAddress = byAddress;
    this.#ids = specIdsOf(specs.fd, specs.maxEntries);
    this.#cookie = cookie;
    this.#what = what;
  }

  /** The id of what the program has to know at this place. */
  tell({ args, argumentText }: UsdtTarget): number {
    const before = this.#idByText.get(argumentText);
    if (before !== undefined) return before;
    const size = this.#specs.def.valueSize;
    const value = encodeUsdtSpec(args, this.#cookie, size, hostIsLittleEndian);
    if (value === undefined) throw this.#unknownLayout(argumentText, size);
    const id = this.#ids.take();
    if (id === undefined) throw this.#tooMany();
    this.#idByText.set(argumentText, id);
    mapUpdate(this.#specs.fd, keyOf(id), value);
    return id;
  }

  /** For kernels without cookies: makes the id known by where the probe is in memory. */
  tellAddress(address: bigint, id: number): void {
    try {
      mapUpdate(this.#byAddress.fd, addressKey(address), keyOf(id), BPF_NOEXIST);
      this.#addresses.push(address);
    } catch (error) {
      if (!(error instanceof KernelError && error.errno === EEXIST)) throw error;
      throw new CoreGenError(
        "unsupported",
        `attaching ${this.#what}: a program of this object is attached at 0x${address.toString(16)} already, and this kernel can't tell them apart`,
        { cause: error, hints: ["Linux 5.15 and later can. Here: load the object twice."] },
      );
    }
  }

  /** Gives back what was taken. The maps may be closed already: then there is nothing to take back. */
  forget(): void {
    if (!this.#byAddress.fd.closed)
      for (const address of this.#addresses) mapDelete(this.#byAddress.fd, addressKey(address));
    this.#addresses.length = 0;
    this.#ids.giveBack(this.#idByText.values());
    this.#idByText.clear();
  }

  #tooMany(): CoreGenError {
    const { maxEntries } = this.#specs;
    return new CoreGenError(
      "bad-input",
      `attaching ${this.#what}: the map __bpf_usdt_specs is full, it has ${maxEntries} entries`,
      {
        hints: [
          "Before #include <bpf/usdt.bpf.h>: #define BPF_USDT_MAX_SPEC_CNT 1024, or set its maxEntries before loading.",
        ],
      },
    );
  }

  #unknownLayout(text: string, size: number): CoreGenError {
    return new CoreGenError(
      "unsupported",
      `attaching ${this.#what}: its object can't be told where the arguments are, "${text}", in values of ${size} bytes`,
      { hints: ["Arguments at BASE + INDEX need the usdt.bpf.h of libbpf 1.7 or later."] },
    );
  }
}

function keyOf(id: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(id).buffer);
}

function addressKey(address: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(address).buffer);
}
