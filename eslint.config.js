import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "coverage/", "**/*.skel.ts", "test/golden/", "templates/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      // Closed unions: a new kind must show every place that has to know it.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // A number or a bigint in a message prints as everybody expects.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => close(fd)` for a function whose result nobody reads is plain enough.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // A leading underscore says "required by the caller's signature".
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // `interface Execsnoop extends Loaded<ExecsnoopShape> {}` gives the type a short name in hovers and errors.
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      // `for (;;)` and `while (true)` are how a loop that ends inside says so.
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
    },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      // In a test a missing value is a failure like any other: the TypeError it causes is the report.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
