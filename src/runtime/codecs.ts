import type { Codec } from "./codec.ts";

/** `u8`, `unsigned char`, an enum of one byte. */
export const u8: Codec<number> = {
  size: 1,
  read: (from, at) => from.u8(at),
  write: (to, at, value) => {
    to.setU8(at, value);
  },
};

/** `s8`, `signed char`. */
export const i8: Codec<number> = {
  size: 1,
  read: (from, at) => from.i8(at),
  write: (to, at, value) => {
    to.setI8(at, value);
  },
};

/** `u16`. */
export const u16: Codec<number> = {
  size: 2,
  read: (from, at) => from.u16(at),
  write: (to, at, value) => {
    to.setU16(at, value);
  },
};

/** `s16`. */
export const i16: Codec<number> = {
  size: 2,
  read: (from, at) => from.i16(at),
  write: (to, at, value) => {
    to.setI16(at, value);
  },
};

/** `u32`. */
export const u32: Codec<number> = {
  size: 4,
  read: (from, at) => from.u32(at),
  write: (to, at, value) => {
    to.setU32(at, value);
  },
};

/** `s32`, `int`. */
export const i32: Codec<number> = {
  size: 4,
  read: (from, at) => from.i32(at),
  write: (to, at, value) => {
    to.setI32(at, value);
  },
};

/** `u64`: a bigint, always. */
export const u64: Codec<bigint> = {
  size: 8,
  read: (from, at) => from.u64(at),
  write: (to, at, value) => {
    to.setU64(at, value);
  },
};

/** `s64`: a bigint, always. */
export const i64: Codec<bigint> = {
  size: 8,
  read: (from, at) => from.i64(at),
  write: (to, at, value) => {
    to.setI64(at, value);
  },
};

/** `unsigned __int128`. */
export const u128: Codec<bigint> = {
  size: 16,
  read: (from, at) => from.u128(at),
  write: (to, at, value) => {
    to.setU128(at, value);
  },
};

/** `__int128`. */
export const i128: Codec<bigint> = {
  size: 16,
  read: (from, at) => from.i128(at),
  write: (to, at, value) => {
    to.setI128(at, value);
  },
};

/** `float`. */
export const f32: Codec<number> = {
  size: 4,
  read: (from, at) => from.f32(at),
  write: (to, at, value) => {
    to.setF32(at, value);
  },
};

/** `double`. */
export const f64: Codec<number> = {
  size: 8,
  read: (from, at) => from.f64(at),
  write: (to, at, value) => {
    to.setF64(at, value);
  },
};

/** `bool`. */
export const bool: Codec<boolean> = {
  size: 1,
  read: (from, at) => from.bool(at),
  write: (to, at, value) => {
    to.setBool(at, value);
  },
};

/** A pointer of a BPF program: 8 bytes on every machine. */
export const pointer: Codec<bigint> = u64;

/** `u8[size]`, and types that are only known by their size. */
export function bytes(size: number): Codec<Uint8Array> {
  return {
    size,
    read: (from, at) => from.slice(at, size),
    write: (to, at, value) => {
      to.setSlice(at, size, value);
    },
  };
}

/** `char[size]`: text up to the first NUL. */
export function text(size: number): Codec<string> {
  return {
    size,
    read: (from, at) => from.text(at, size),
    write: (to, at, value) => {
      to.setText(at, size, value);
    },
  };
}
