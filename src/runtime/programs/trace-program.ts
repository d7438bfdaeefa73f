import { RunnableProgram } from "./runnable-program.ts";

/**
 * A program that was loaded for one function, tracepoint or security hook: `SEC("fentry")`, `SEC("fexit")`,
 * `SEC("fmod_ret")`, `SEC("tp_btf")`, `SEC("lsm")`. A test run of one for a function calls the kernel's functions for
 * tests, `bpf_fentry_test1` and so on: it must be attached to one of them to be run.
 */
export class TraceProgram extends RunnableProgram {}
