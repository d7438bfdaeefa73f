import { it } from "vitest";

import { describeWithKernel } from "../../support/kernel.ts";
import { lacksSocketHook, seeSocketHook, socketHooks } from "../socket-hooks.ts";

describeWithKernel("programs of sockets", {}, () => {
  it.each(socketHooks.filter((hook) => lacksSocketHook(hook) === undefined))(
    "$name runs until it is detached",
    async (hook) => {
      await seeSocketHook(hook);
    },
  );
});
