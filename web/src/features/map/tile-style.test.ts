import { expect, test, vi } from "vitest";

vi.stubGlobal("location", new URL("https://photos.example.org/settings/general"));
const { chooseTileStyle, isTileStyle } = await import("./tile-style");

test("a style comes by https, or from this host", () => {
  expect(isTileStyle("https://tiles.example.org/style.json")).toBe(true);
  expect(isTileStyle("/style.json")).toBe(true);
  expect(isTileStyle("http://tiles.example.org/style.json")).toBe(false);
  expect(isTileStyle("javascript:alert(1)")).toBe(false);
  expect(isTileStyle("https://")).toBe(false);
});

test("without storage a choice does not fail", () => {
  expect(() => chooseTileStyle("https://tiles.example.org/style.json")).not.toThrow();
});
