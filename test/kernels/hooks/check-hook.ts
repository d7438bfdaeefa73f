import { isCoreGenError } from "../../../src/errors.ts";
import { check } from "../check.ts";

/**
 * One cell of the table of hooks: sees the hook fire under this kernel. `see` attaches a program, triggers the hook and
 * throws unless the program's effect is there.
 *
 * `lacking` says why this kernel can't have it ("Linux 6.6 has the first one", "bpf is not among the active LSMs"), for
 * the table; without it the hook must fire.
 */
export async function checkHook(
  hook: string,
  lacking: string | undefined,
  see: () => void | Promise<void>,
): Promise<void> {
  if (lacking === undefined) await check(`${hook} fires until it is detached`, see);
  // hooks-table.ts reads these lines.
  console.log(`# hook | ${hook} | ${lacking ?? "fired"}`);
}

/** Whether this is one of the machines that run.ts starts, whose kernels refuse root nothing. */
export function inVirtualMachine(): boolean {
  return process.env["RUN_IN_KERNEL"] !== undefined;
}

/**
 * Why the machine that the tests run on refuses something that its kernel could do: some hosts let nobody trace functions.
 * Always undefined in a virtual machine.
 */
export function refusedHere(attempt: () => void): string | undefined {
  if (inVirtualMachine()) return undefined;
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (isCoreGenError(error)) return `refused on this machine: ${error.message.replace(/^.*: /u, "")}`;
    throw error;
  }
}
