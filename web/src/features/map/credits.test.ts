import { expect, test } from "vitest";
import { creditsOf } from "./credits";

test("attributions are shown as text, each once", () => {
  const osm = '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap</a>';
  expect(creditsOf([osm, undefined, osm, " A &amp; B ", ""])).toBe("© OpenStreetMap · A & B");
});
