import {
  helpers,
  mapTypes,
  programTypes,
  type HelperName,
  type MapTypeName,
  type ProgramTypeName,
} from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { bpfFailure, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { EACCES, EPERM } from "../sys/errno.ts";
import { featureNames, hasFeature, type Feature } from "./features.ts";
import { raiseMemlockIfCounted } from "./memlock.ts";
import { permissionHints } from "./privileges.ts";
import { helperWorks, mapTypeWorks, programTypeLoads, tellsNoHelpers } from "./probe-kinds.ts";
import { RETURN_0, succeeds, tryProgram } from "./probe-load.ts";

/**
 * What the running kernel can, found out by trying, once each and only when it is asked for.
 *
 * All methods throw a `KernelError` with code `permission` when this process may not load programs, because then
 * nothing can be found out, and a `CoreGenError` with code `bad-input` for a name that they don't know.
 */
export interface Features {
  /** All there are to ask for, the oldest first. */
  readonly names: readonly Feature[];
  /** Whether the kernel has a feature (libbpf: `features.c`). */
  has(feature: Feature): boolean;
  /** Whether the kernel loads programs of a type (libbpf: `libbpf_probe_bpf_prog_type`). */
  programType(type: ProgramTypeName): boolean;
  /** Whether the kernel creates maps of a type (libbpf: `libbpf_probe_bpf_map_type`). */
  mapType(type: MapTypeName): boolean;
  /**
   * Whether programs of a type may call a helper, by its name without `bpf_` in front (libbpf:
   * `libbpf_probe_bpf_helper`). Throws a `CoreGenError` with code `unsupported` for programs that can't be loaded just
   * so: tracing, ext, lsm, struct_ops.
   */
  helper(type: ProgramTypeName, helper: HelperName): boolean;
}

/** What the running kernel can. */
export const features: Features = {
  names: featureNames,
  has(feature) {
    checkName("feature", feature, featureNames);
    checkPrivileges();
    return hasFeature(feature);
  },
  programType(type) {
    checkName("type of program", type, programTypes);
    return known(`prog ${type}`, () => programTypeLoads(type));
  },
  mapType(type) {
    checkName("type of map", type, mapTypes);
    return known(`map ${type}`, () => mapTypeWorks(type));
  },
  helper(type, helper) {
    checkName("type of program", type, programTypes);
    checkName("helper", helper, helpers);
    if (tellsNoHelpers.includes(type)) {
      const message = `probing helpers of ${type} programs: such programs can't be loaded without something to attach to`;
      throw new CoreGenError("unsupported", message);
    }
    if (helper === "unspec" || !features.programType(type)) return false;
    return known(`helper ${type} ${helper}`, () => helperWorks(type, helpers.indexOf(helper)));
  },
};

const answers = new Map<string, boolean>();

function known(question: string, probe: () => boolean): boolean {
  checkPrivileges();
  const answer = answers.get(question) ?? probe();
  answers.set(question, answer);
  return answer;
}

let mayLoad = false;

/** Without privileges every probe would say no (libbpf: `bpf_object__probe_loading`). */
function checkPrivileges(): void {
  if (mayLoad) return;
  raiseMemlockIfCounted();
  const result = tryProgram("tracepoint", RETURN_0);
  if (result === -EPERM || result === -EACCES) {
    throw bpfFailure({
      doing: "probing what the kernel can",
      command: BPF_PROG_LOAD,
      errno: -result,
      meaning: "this process may not load BPF programs",
      hints: permissionHints(),
    });
  }
  succeeds(result);
  mayLoad = true;
}

function checkName(kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = nearNames(name, names);
  const hints = near.length === 0 ? [] : [`Near it: ${near.join(", ")}.`];
  throw new CoreGenError("bad-input", `probing what the kernel can: there is no ${kind} "${name}"`, { hints });
}
