import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

import { features } from "../../../src/runtime/index.ts";
import { lirc } from "../../objects/lirc.skel.ts";
import { checkHook } from "./check-hook.ts";

const RECEIVERS = "/sys/class/rc";

/** Programs of infrared receivers, seen where the kernel can make one that hears what it sends: the module rc-loopback. */
export async function checkLirc(): Promise<void> {
  const lacking = !features.programType("lirc_mode2")
    ? "built without CONFIG_BPF_LIRC_MODE2"
    : loopback() === undefined
      ? "no infrared receiver that hears itself: modprobe rc-loopback"
      : undefined;
  await checkHook("lirc_mode2", lacking, () => {
    using skel = lirc.load({ progs: { decode: { autoload: true } } });
    const device = loopback() ?? "";
    const link = skel.progs.decode.attachLirc({ device });
    const pulses = new Uint8Array(new Uint32Array([9000, 4500, 560]).buffer);
    writeFileSync(device, pulses);
    const whileAttached = skel.bss.hits;
    assert.ok(whileAttached > 0);
    link.detach();
    writeFileSync(device, pulses);
    assert.equal(skel.bss.hits, whileAttached);
  });
}

function loopback(): string | undefined {
  const found = receivers().find((name) => readFileSync(`${RECEIVERS}/${name}/uevent`, "utf8").includes("rc-loopback"));
  const device = found && readdirSync(`${RECEIVERS}/${found}`).find((name) => /^lirc\d+$/u.test(name));
  return device && `/dev/${device}`;
}

function receivers(): string[] {
  try {
    return readdirSync(RECEIVERS);
  } catch {
    // Without CONFIG_RC_CORE there is no such folder.
    return [];
  }
}
