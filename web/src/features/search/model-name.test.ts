import { expect, test } from "vitest";
import { modelName } from "./model-name";

test.each([
  ["pichaven-photo/3f1c9a2b7d54/512-8e0d61ab", "pichaven-photo"],
  ["ViT-B-32/laion2b_s34b_b79k/512-1a2b3c4d", "ViT-B-32"],
  ["tiny", "tiny"],
])("the name of %s is %s", (model, name) => {
  expect(modelName(model)).toBe(name);
});
