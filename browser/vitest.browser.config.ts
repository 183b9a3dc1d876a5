import { defineConfig } from "vitest/config";

/** End-to-end tests: the real server and the system's Chromium, driven from Node. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.test.ts"],
    environment: "node",
    globalSetup: ["test/browser/support/build.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // Of conditions that are waited for: longer than a busy machine needs.
    expect: { poll: { timeout: 20_000 } },
  },
});
