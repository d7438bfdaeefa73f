/**
 * What the running kernel is and can: its types, version, features, CPUs and tracepoints, and what this process may do.
 * Everything is found out when it is asked for, and kept. Not for changing anything in the kernel.
 */
export { kernelBtf, readBtfFile, type KernelBtfOptions } from "./btf.ts";
export { onlineCpus, possibleCpus } from "./cpus.ts";
export { hasFeature, type Feature } from "./features.ts";
export { kernelSymbols, type KernelSymbol, type KernelSymbols } from "./kernel-symbols.ts";
export { features, type Features } from "./public-features.ts";
export { permissionHints } from "./privileges.ts";
export { kernelIsAtLeast, kernelRelease } from "./release.ts";
export { tracepointId } from "./tracefs.ts";
