import { mapTypes, type MapTypeName } from "../../object/bpf-enums.ts";
import type { BpfObject, BpfProgram, InitialSlot } from "../../object/model.ts";
import type { CoreGenError } from "../../errors.ts";
import { checkOnBpffs } from "../kernel/bpffs.ts";
import { badInput, checkName, unsupported } from "./check.ts";
import type { MapPlan } from "./plan-maps.ts";
import type { LoadSettings } from "./types.ts";

/** Looks for everything about maps that can be wrong without asking the kernel. `programs` are those that are loaded. */
export function checkMaps(
  object: BpfObject,
  plans: readonly MapPlan[],
  programs: readonly BpfProgram[],
  settings: LoadSettings,
): void {
  const names = object.maps.map(({ name }) => name);
  for (const name of settings.maps.keys()) checkName(object, "map", name, names);
  checkContents(object, plans, settings);
  for (const plan of plans) {
    if (!plan.def.autocreate) continue;
    checkKind(object, plan);
    if (plan.pinPath !== undefined && plan.reuse === undefined)
      checkOnBpffs(plan.pinPath, `loading ${object.elf.what}: pinning map "${plan.def.name}" at ${plan.pinPath}`);
    for (const slot of plan.def.slots) checkSlot(object, plan, slot, { plans, programs });
  }
}

function checkContents(object: BpfObject, plans: readonly MapPlan[], settings: LoadSettings): void {
  const sections = plans.filter(({ def }) => def.data !== undefined || def.arenaData !== undefined);
  for (const [name, contents] of settings.contents) {
    const sectionOf = ({ def }: MapPlan): string => (def.data ?? def.arenaData)?.section ?? "";
    checkName(object, "section", name, sections.map(sectionOf));
    const def = sections.find((plan) => sectionOf(plan) === name)?.def;
    const size = def?.arenaData?.contents.length ?? def?.valueSize;
    if (size === contents.length) continue;
    throw badInput(
      object,
      `section ${name} has ${size ?? 0} bytes, and contents of ${contents.length} bytes were given`,
      [],
    );
  }
}

const beyondUs: readonly MapTypeName[] = ["insn_array"];

function checkKind(object: BpfObject, { def }: MapPlan): void {
  const kind = mapTypes[def.type];
  if (kind !== undefined && beyondUs.includes(kind))
    throw unsupported(object, `the map "${def.name}" is of the kind ${kind}`);
}

interface Others {
  readonly plans: readonly MapPlan[];
  readonly programs: readonly BpfProgram[];
}

/** What an element is to hold must be there: libbpf finds out from the kernel, as EBADF. */
function checkSlot(object: BpfObject, { def, reuse }: MapPlan, { index, target }: InitialSlot, others: Others): void {
  // What a map holds that is there already is not ours to change.
  if (reuse !== undefined) return;
  const absent = (what: string, setting: string): CoreGenError =>
    badInput(object, `element ${index} of map "${def.name}" is to hold ${what}, whose ${setting} is off`, []);
  if (target.kind === "map") {
    const held = others.plans[target.at]?.def;
    if (held?.autocreate !== true) throw absent(`the map "${held?.name ?? ""}"`, "autocreate");
  } else {
    const held = object.programs[target.at];
    if (held === undefined || !others.programs.includes(held))
      throw absent(`the program "${held?.name ?? ""}"`, "autoload");
  }
}
