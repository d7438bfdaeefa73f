import { lacksSocketHook, seeSocketHook, socketHooks } from "../../kernel/socket-hooks.ts";
import { checkHook } from "./check-hook.ts";

/** Programs of sockets, of maps of sockets, and of network namespaces. */
export async function checkSockets(): Promise<void> {
  for (const hook of socketHooks) await checkHook(hook.name, lacksSocketHook(hook), () => seeSocketHook(hook));
}
