import type { IntType } from "../../btf/types.ts";
import type { ScalarName, Shape } from "./shape.ts";

/** The shape of an integer type; bytes for a size that no machine computes with. */
export function intShape(type: IntType): Shape {
  if (type.bool && type.size === 1) return { kind: "scalar", scalar: "bool" };
  const scalar = intScalar(type.size, type.signed);
  return scalar === undefined ? { kind: "bytes", size: type.size } : { kind: "scalar", scalar };
}

/** The scalar of an integer of `size` bytes. */
export function intScalar(size: number, signed: boolean): ScalarName | undefined {
  switch (size) {
    case 1:
      return signed ? "i8" : "u8";
    case 2:
      return signed ? "i16" : "u16";
    case 4:
      return signed ? "i32" : "u32";
    case 8:
      return signed ? "i64" : "u64";
    case 16:
      return signed ? "i128" : "u128";
    default:
      return undefined;
  }
}

/** The shape of a floating-point type: `long double` and `_Float16` are bytes. */
export function floatShape(size: number): Shape {
  if (size === 4) return { kind: "scalar", scalar: "f32" };
  return size === 8 ? { kind: "scalar", scalar: "f64" } : { kind: "bytes", size };
}

/** clang says `char` by the name alone, gcc by the encoding, which it also gives to `signed char` and `unsigned char`. */
export function isChar({ name, char }: IntType): boolean {
  return name === "char" || (char && name !== "signed char" && name !== "unsigned char");
}
