import { defineConfig } from "vitest/config";

/** Unit tests: no network, no browser.  A test that needs a DOM says `// @vitest-environment happy-dom`. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["test/**/*.test.{ts,tsx}", "src/**/*.test.{ts,tsx}"],
    exclude: ["test/browser/**", "node_modules/**"],
    environment: "node",
    testTimeout: 60_000,
  },
});
