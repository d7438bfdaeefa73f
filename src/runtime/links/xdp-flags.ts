import type { XdpMode } from "./xdp-query.ts";

/** `XDP_FLAGS_*` of linux/if_link.h. */
export const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
export const XDP_FLAGS_REPLACE = 16;

export const XDP_MODE_FLAGS: Readonly<Record<XdpMode, number>> = { generic: 2, driver: 4, offload: 8 };
