import { defineConfig } from "vitest/config";

/** `npm run screenshots`: a picture of each page, light and dark, at three widths, into test-results/screenshots. */
export default defineConfig({
  test: {
    include: ["test/browser/screenshots*.ts"],
    environment: "node",
    globalSetup: ["test/browser/support/build.ts"],

    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
