import type { BpfObject } from "../../object/model.ts";
import { CloseStack } from "../close-stack.ts";
import { kernelBtf } from "../kernel/btf.ts";
import { targetTypes } from "../kernel/target-types.ts";
import { raiseMemlockIfCounted } from "../kernel/memlock.ts";
import { checkBeforeLoading } from "./check.ts";
import { checkMaps } from "./check-maps.ts";
import { createMaps } from "./create-maps.ts";
import { fillWithPrograms } from "./fill-slots.ts";
import { loadBtf } from "./load-btf.ts";
import { loadPrograms } from "./load-programs.ts";
import { planMaps } from "./plan-maps.ts";
import { preparePrograms } from "./prepare-programs.ts";
import { resizeData } from "./resize-data.ts";
import { openToken } from "./token.ts";
import { prepareStructOps } from "./struct-ops.ts";
import type { LoadedObject, LoadSettings } from "./types.ts";

export type { LoadedMap, LoadedObject, LoadedProgram, LoadSettings } from "./types.ts";

/**
 * Loads an object into the kernel: relocates its programs for this kernel, creates its maps, loads its programs.
 *
 * Nothing is left behind when a step fails. Throws a `CoreGenError`: `verifier` (a `VerifierError`) when a program is
 * refused, `permission` or `kernel` (a `KernelError`) when a call is, `relocation`, `no-kernel-btf`, `unsupported`,
 * `bad-object`, `bad-input` before anything was created.
 */
export function loadObject(object: BpfObject, settings: LoadSettings): LoadedObject {
  using structOps = prepareStructOps(object, settings);
  const programs = structOps.choose(checkBeforeLoading(object, settings));
  const { object: resized, plans } = resizeData(object, planMaps(object, settings));
  checkMaps(object, plans, programs, settings);
  const unaimed = preparePrograms(object, programs, {
    targets: targetTypes(settings),
    running: settings.kernelBtf ?? kernelBtf,
  });
  raiseMemlockIfCounted();
  const [opened, undo] = [new CloseStack(), new CloseStack()];
  const closeAll = (): void => {
    opened.add(undo);
    opened.close();
  };
  const warnings: string[] = [];
  // Maps and programs hold on to the types themselves.
  using token = openToken(settings.tokenPath);
  using btf = loadBtf(resized, warnings, token);
  try {
    const prepared = structOps.aim(unaimed);
    const maps = createMaps({ object, settings, btf, token, opened, undo }, plans);
    structOps.createMaps(maps, btf, opened);
    const loaded = loadPrograms(prepared, { object, maps, btf, token }, opened);
    structOps.fillIn(loaded);
    fillWithPrograms(object, maps, loaded);
    return {
      maps,
      programs: loaded,
      warnings,
      close: () => {
        opened.close();
      },
      undo: closeAll,
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}
