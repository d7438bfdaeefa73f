import type { Btf } from "../../btf/btf.ts";
import type { BpfObject } from "../../object/model.ts";
import { resizeSection } from "../../object/resize-section.ts";
import type { MapPlan } from "./plan-maps.ts";

/**
 * The object and its maps with types that know of sections whose size was changed: where the last variable of one is an
 * array, that. The maps of others have none, like libbpf's (`bpf_map__set_value_size`).
 */
export function resizeData(
  object: BpfObject,
  plans: readonly MapPlan[],
): { object: BpfObject; plans: readonly MapPlan[] } {
  let { btf } = object;
  const resized = plans.map((plan, index): MapPlan => {
    const section = object.maps[index];
    if (section?.data === undefined || section.valueSize === plan.def.valueSize) return plan;
    const changed: Btf | undefined = btf && resizeSection(btf, section.valueTypeId, plan.def.valueSize);
    if (changed === undefined) return plan;
    btf = changed;
    return { ...plan, def: { ...plan.def, valueTypeId: section.valueTypeId } };
  });
  return { object: { ...object, btf }, plans: resized };
}
