/** Where an argument of a probe is when it fires. Registers are offsets in the kernel's `struct pt_regs`, in bytes. */
export type UsdtOperand =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "memory"; readonly register: number; readonly offset: bigint }
  /** At `register + (index << shift) + offset`. */
  | {
      readonly kind: "indexed";
      readonly register: number;
      readonly offset: bigint;
      readonly index: number;
      readonly shift: number;
    };
