import { kernelBtf } from "../../../src/runtime/kernel/btf.ts";
import type { Skeleton } from "../../../src/runtime/shape.ts";
import { check } from "../check.ts";

/**
 * The skeleton of a tool, with as much of its shape as the checks use: the generated module has all of it, and is made
 * when the suite is bundled.
 */
export type Tool<Maps extends object, Progs extends object, Globals extends object = object> = Skeleton<{
  maps: Maps;
  progs: Progs;
  globals: Globals;
}>;

/**
 * Sees a tool print what is so under this kernel. `see` loads and attaches the tool, triggers what it watches, and
 * throws unless what its maps or events say agrees with somebody else. `lacking` says why this kernel can't have the
 * tool: what its programs attach to or read is not there.
 */
export async function checkTool(
  name: string,
  lacking: string | undefined,
  see: () => void | Promise<void>,
): Promise<void> {
  if (lacking === undefined) await check(`${name} agrees`, see);
  else console.log(`# ${name} can't run here: ${lacking}`);
}

/** Why a tool can't read a member of a kernel's struct: there is none of that name any more. */
export function missingMember(struct: string, member: string): string | undefined {
  const btf = kernelBtf();
  const id = btf.find(struct, "struct");
  const type = id === undefined ? undefined : btf.type(id);
  const members = type?.kind === "struct" ? type.members : [];
  return members.some(({ name }) => name === member) ? undefined : `struct ${struct} has no ${member}`;
}
