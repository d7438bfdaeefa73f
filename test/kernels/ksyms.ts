import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import {
  readVariables,
  replaces,
  runOnPacket,
  testObject,
  whileAttached,
  withLoaded,
  withVariable,
} from "../support/run-programs.ts";
import { check } from "./check.ts";

/**
 * What programs have of the kernel besides its types: functions, variables and addresses of the kernel and of modules,
 * and functions of other programs. Which kernel has what is Linux's history and Debian's configuration.
 */
export async function checkKsyms(): Promise<void> {
  await check("kfuncs, addresses and absent externs are what the kernel has", externsAreTheKernels);
  await check("a variable of the kernel is read on another CPU", variableIsRead);
  await check("functions of a module are called", moduleFunctionIsCalled);
  await check("programs are attached to functions of a module", moduleFunctionIsEntered);
  await check("a program replaces another one's function", functionIsReplaced);
  await check("functions with tagged arguments are loaded", taggedArgumentsAreLoaded);
  await check("programs jump by tables", jumpsAreMade);
  await check("a program that throws ends in its exception callback", exceptionIsCaught);
}

function externsAreTheKernels(): void {
  const object = testObject("ksyms");
  const contents = withVariable(object, ".rodata", "pid", process.pid);
  const variables = withLoaded(object, { contents }, (loaded) => {
    whileAttached(loaded, "look", makeSystemCalls);
    return readVariables(loaded);
  });
  const [, stext = ""] = /^([0-9a-f]+) T _stext$/mu.exec(readFileSync("/proc/kallsyms", "latin1")) ?? [];
  // Functions for programs of this kind came with 6.2.
  const tgid = kernelIsAtLeast([6, 2]) ? BigInt(process.pid) : 0n;
  assert.ok((variables["runs"] ?? 0n) > 0n);
  assert.equal(variables["address"], BigInt(`0x${stext}`));
  assert.deepEqual([variables["tgid"], variables["tgid_by_flavour"]], [tgid, tgid]);
  for (const name of ["absent_variable", "absent_symbol", "absent_function", "function_is_otherwise"])
    assert.equal(variables[name], 0n, name);
}

/** Debian's 5.10 has no variables in its types. */
function variableIsRead(): void {
  const object = testObject("ksyms");
  const variables = withLoaded(object, { autoload: new Map([["look_at_queue", true]]) }, (loaded) => {
    whileAttached(loaded, "look_at_queue", makeSystemCalls);
    return readVariables(loaded);
  });
  assert.equal(variables["cpu_of_queue"], kernelIsAtLeast([5, 11]) ? 1n : 0n);
}

function makeSystemCalls(): void {
  closeSync(openSync("/proc/self/stat", "r"));
}

/** Linux 6.0; the module is Debian's. Before that it is said which function is missing. */
function moduleFunctionIsCalled(): void {
  const object = testObject("module-ksyms");
  execFileSync("modprobe", ["nf_conntrack"]);
  const call = (): Record<string, bigint> =>
    withLoaded(object, {}, (loaded) => {
      assert.equal(runOnPacket(loaded.programs.get("look_up")!.fd), 0);
      return readVariables(loaded);
    });
  if (!kernelIsAtLeast([6, 0])) {
    assert.throws(call, /this kernel has no kfunc bpf_ct_release/u);
    return;
  }
  const { runs, error } = call();
  assert.equal(runs, 1n);
  // There is no such connection.
  assert.equal(Number(BigInt.asIntN(32, error ?? 0n)), -2);
}

/** Linux 5.11 has modules' types. */
function moduleFunctionIsEntered(): void {
  const object = { ...testObject("module-ksyms"), externs: [] };
  const autoload = new Map([
    ["look_up", false],
    ["enter", true],
    ["enter_by_module", true],
  ]);
  const openInterface = (): Record<string, bigint> =>
    withLoaded(object, { autoload }, (loaded) => {
      const [one, other] = ["enter", "enter_by_module"].map((name) => loaded.programs.get(name)!.fd);
      replaces(one!, () => {
        replaces(other!, bringInterfaceUp);
      });
      return readVariables(loaded);
    });
  if (!kernelIsAtLeast([5, 11])) {
    assert.throws(openInterface, /this kernel has no function "veth_open"/u);
    return;
  }
  assert.equal(openInterface()["entered"], 2n);
}

function bringInterfaceUp(): void {
  execFileSync("ip", ["link", "add", "cg0", "type", "veth", "peer", "name", "cg1"]);
  try {
    execFileSync("ip", ["link", "set", "cg0", "up"]);
  } finally {
    execFileSync("ip", ["link", "del", "cg0"]);
  }
}

function functionIsReplaced(): void {
  withLoaded(testObject("extended"), {}, (loaded) => {
    const { fd } = loaded.programs.get("ask")!;
    assert.equal(runOnPacket(fd), 2);
    const attachTargets = new Map([["replacement", { program: fd.number }]]);
    withLoaded(testObject("extended.replacement"), { attachTargets }, (replacement) => {
      const answer = replaces(replacement.programs.get("replacement")!.fd, () => runOnPacket(fd));
      assert.equal(answer, 42);
    });
    assert.equal(runOnPacket(fd), 2);
  });
}

/** Which helper they call came with 5.15; before 6.8 the tag is replaced by types. */
function taggedArgumentsAreLoaded(): void {
  const load = (): void => {
    withLoaded(testObject("arg-ctx"), {}, (loaded) => {
      assert.deepEqual(loaded.warnings, []);
    });
  };
  if (kernelIsAtLeast([5, 15])) load();
  else assert.throws(load, /bpf_get_attach_cookie|unknown func|invalid func|does not have that helper/u);
}

/** Linux 6.7. */
function exceptionIsCaught(): void {
  const run = (): number[] =>
    withLoaded(testObject("exceptions"), {}, (loaded) =>
      ["throws", "throws_uncaught"].map((name) => runOnPacket(loaded.programs.get(name)!.fd)),
    );
  if (kernelIsAtLeast([6, 7])) assert.deepEqual(run(), [107, 9]);
  else assert.throws(run, /this kernel has no kfunc bpf_throw/u);
}

/** Linux 6.19; a packet has 64 bytes. */
function jumpsAreMade(): void {
  const run = (): number[] =>
    withLoaded(testObject("jump-tables"), {}, (loaded) =>
      ["pick", "call_pick"].map((name) => runOnPacket(loaded.programs.get(name)!.fd)),
    );
  if (kernelIsAtLeast([6, 19])) assert.deepEqual(run(), [10, 4300]);
  else assert.throws(run, /creating a jump table of program "pick": .*this kernel can't jump by a table/u);
}
