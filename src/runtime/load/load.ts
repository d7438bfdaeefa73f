import type { BpfObject, BpfProgram } from "../../object/model.ts";
import { CloseStack } from "../close-stack.ts";
import { runningKernel } from "../kernel/running-kernel.ts";
import { targetTypes } from "../kernel/target-types.ts";
import { raiseMemlockIfCounted } from "../kernel/memlock.ts";
import { probingWith } from "../kernel/probe-load.ts";
import type { Fd } from "../sys/fd.ts";
import { watchingProbes, type Feature } from "../kernel/features.ts";
import { logEvent } from "./log-events.ts";
import { telling, typesLog } from "./log-types.ts";
import { checkBeforeLoading } from "./check.ts";
import { checkMaps } from "./check-maps.ts";
import { createMaps } from "./create-maps.ts";
import { fillWithPrograms } from "./fill-slots.ts";
import { loadBtf } from "./load-btf.ts";
import { loadPrograms } from "./load-programs.ts";
import { ModuleDescriptors } from "./module-descriptors.ts";
import { planMaps } from "./plan-maps.ts";
import { preparePrograms } from "./prepare-programs.ts";
import { replaceArguments } from "./replace-arguments.ts";
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
  const { onLog } = settings;
  if (onLog === undefined) return load(object, settings);
  const onProbe = (feature: Feature, supported: boolean): void => {
    logEvent(onLog, { kind: "feature-probed", feature, supported });
  };
  return watchingProbes(onProbe, () => load(object, settings));
}

function load(object: BpfObject, settings: LoadSettings): LoadedObject {
  const chosen = checkBeforeLoading(object, settings);
  // Maps and programs need it no more once they are there.
  using token = openToken(settings.tokenPath, { object: object.elf.what, onLog: settings.onLog });
  return probingWith(token, () => loadWith(token, object, chosen, settings));
}

function loadWith(
  token: Fd | undefined,
  object: BpfObject,
  chosen: readonly BpfProgram[],
  settings: LoadSettings,
): LoadedObject {
  const { onLog, logLevels = new Map<string, number>() } = settings;
  const tell = typesLog(onLog);
  const kernel = telling(runningKernel(settings.kernelBtf), tell);
  const structOps = prepareStructOps(object, settings, kernel);
  const programs = structOps.choose(chosen);
  const { object: resized, plans } = resizeData(object, planMaps(object, settings));
  checkMaps(object, plans, programs, settings);
  const prepared = preparePrograms(
    object,
    programs,
    { targets: telling(targetTypes(settings), tell), kernel },
    settings,
  );
  const aimed = structOps.aim(prepared.programs);
  raiseMemlockIfCounted();
  const [opened, undo] = [new CloseStack(), new CloseStack()];
  const closeAll = (): void => {
    opened.add(undo);
    opened.close();
  };
  const warnings: string[] = [];
  const replaced = replaceArguments(resized, aimed, warnings);
  // Maps and programs hold on to the types themselves.
  using btf = loadBtf(replaced.object, warnings, onLog, token);
  using modules = new ModuleDescriptors();
  try {
    const maps = createMaps({ object, settings, btf, token, opened, undo }, plans);
    structOps.createMaps(maps, { btf, token, modules, onLog }, opened);
    for (const program of object.programs)
      if (!programs.includes(program)) logEvent(onLog, { kind: "program-skipped", program: program.name });
    const { externs } = prepared;
    const context = { object, maps, btf, externs, modules, token, logLevels, onLog };
    const loaded = loadPrograms(replaced.programs, context, opened);
    structOps.fillIn(loaded);
    fillWithPrograms(object, maps, loaded, onLog);
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
