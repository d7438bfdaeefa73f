import { CoreGenError } from "../errors.ts";
import { findSectionDef, type SectionDef } from "../object/sections.ts";
import { CloseStack } from "./close-stack.ts";
import { attachesBySection, attachProgram } from "./links/attach.ts";
import type { Link } from "./links/link.ts";
import type { LoadedProgram } from "./load/types.ts";
import type { Program } from "./programs/program.ts";
import { handlerOf } from "./section-handlers.ts";

/** Whether `attach()` of a skeleton attaches the program: its section says what to, or a handler does it. */
export function attachesByItself(def: SectionDef | undefined): boolean {
  if (def === undefined) return false;
  const handler = handlerOf(def);
  return handler === undefined ? attachesBySection(def) : handler.attach !== undefined;
}

/**
 * Attaches a program to what its section says, or as the section's handler does it, which may also leave it alone.
 *
 * Throws what `attachProgram` throws, and what the handler throws: then nothing is attached.
 */
export function attachByItself(loaded: LoadedProgram, program: Program): Link | undefined {
  const { def } = loaded.program;
  const handler = handlerOf(def);
  if (handler === undefined) return attachProgram(loaded);
  const made = new CloseStack();
  const attachAs = (section: string): Link =>
    made.add(attachProgram({ ...loaded, program: { ...loaded.program, section, def: findSectionDef(section) } }));
  try {
    return handler.attach?.(program, { extra: def?.extra ?? "", attachAs });
  } catch (error) {
    made.close();
    throw error;
  }
}

/** Of a program that its handler leaves alone, and that was asked to be attached all the same. */
export function notAttached({ name, section }: Program): CoreGenError {
  const hints = ["The handler that is registered for its section has no `attach`, or that has returned nothing."];
  return new CoreGenError("bad-input", `attaching program "${name}": SEC("${section}") was not attached`, { hints });
}
