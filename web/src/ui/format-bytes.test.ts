import { expect, test } from "vitest";
import { formatBytes } from "./format-bytes";

test("a size has the largest unit in which it is at least one", () => {
  expect(formatBytes(0, "en")).toBe("0 bytes");
  expect(formatBytes(1023, "en")).toBe("1,023 bytes");
  expect(formatBytes(1024, "en")).toBe("1 kB");
  expect(formatBytes(1536 * 1024, "en")).toBe("1.5 MB");
  expect(formatBytes(100 * 1024 ** 3, "en")).toBe("100 GB");
  expect(formatBytes(5000 * 1024 ** 4, "en")).toBe("5,000 TB");
});

test("a size is written as the language writes numbers", () => {
  expect(formatBytes(1536 * 1024, "de")).toBe("1,5 MB");
});
