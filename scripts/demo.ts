// The README's first command: live exec events of this machine for about ten seconds, from a committed object.
// Where the kernel does not let us load programs: what is possible without, and what is missing.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateSkeleton, isCoreGenError } from "core-gen";
import { relocate } from "core-gen/co-re";
import { openObject } from "core-gen/object";
import { Btf } from "core-gen/btf";
import { execsnoop } from "../examples/execsnoop/execsnoop.skel.js";

const SECONDS = 10;
const objectUrl = new URL("../examples/execsnoop/execsnoop.bpf.o", import.meta.url);
const KERNEL_BTF = "/sys/kernel/btf/vmlinux";

const problem = whyNotLive();
if (problem === undefined) {
  await showLiveEvents();
} else {
  await showGeneratedTypes();
  showRelocations();
  console.log(`\nLive events need more than this process may do:\n  ${problem}`);
}

/** Loads the program once: whatever stands in the way of live events does so here. */
function whyNotLive(): string | undefined {
  try {
    execsnoop.load().close();
    return undefined;
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
    return [error.message, ...error.hints].join("\n  ");
  }
}

/** Runs examples/execsnoop/main.ts and starts a few harmless programs, so that an idle machine shows events, too. */
async function showLiveEvents(): Promise<void> {
  console.log(
    `Programs that are started on this machine in the next ${SECONDS} seconds (examples/execsnoop/main.ts):\n`,
  );
  const main = fileURLToPath(new URL("../examples/execsnoop/main.ts", import.meta.url));
  const app = spawn(process.execPath, ["--import", "tsx", main], { stdio: ["ignore", "inherit", "inherit"] });
  const harmless = [["true"], ["echo", "hello"], ["uname", "-r"], ["date"], ["ls", "/"]];
  const starter = setInterval(() => {
    const [command = "true", ...args] = harmless[Math.floor(Math.random() * harmless.length)] ?? [];
    // npm puts a dozen folders in front of PATH, and looking for a program in each of them is an event, too.
    spawn(command, args, { stdio: "ignore", env: { PATH: "/usr/bin:/bin" } }).on("error", () => undefined);
  }, 700);
  const end = setTimeout(() => app.kill("SIGINT"), SECONDS * 1000);
  const status = await new Promise((resolve) => app.once("exit", resolve));
  clearInterval(starter);
  clearTimeout(end);
  if (status !== 0) throw new Error(`examples/execsnoop/main.ts ended with status ${String(status)}`);
  console.log("\nThe app ended: its program is detached and unloaded.");
}

async function showGeneratedTypes(): Promise<void> {
  const { text } = await generateSkeleton(readFileSync(objectUrl), { name: "execsnoop", fileName: "execsnoop.bpf.o" });
  const event = /^\/\*\*(?:(?!\/\*\*)[^])*?export interface Event \{[^]*?^\}/mu.exec(text)?.[0] ?? "";
  console.log(`From examples/execsnoop/execsnoop.bpf.o, core-gen writes a module with these events:\n\n${event}\n`);
}

function showRelocations(): void {
  const object = openObject(readFileSync(objectUrl), { what: "execsnoop.bpf.o" });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(KERNEL_BTF);
  } catch {
    console.log(`This kernel's types can't be read (${KERNEL_BTF}): it was built without CONFIG_DEBUG_INFO_BTF.`);
    return;
  }
  console.log("Its accesses to kernel structs, adjusted to this kernel (old offset -> new offset):\n");
  for (const entry of relocate(object, { vmlinux: Btf.parse(bytes, { what: KERNEL_BTF }) }).entries) {
    const where = entry.source === undefined ? "" : ` (${entry.source.file}:${entry.source.line})`;
    console.log(`  ${entry.field}: ${entry.oldValue} -> ${entry.newValue ?? "this kernel does not have it"}${where}`);
  }
}
